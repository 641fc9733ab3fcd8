import { moduleOfPolicy, type Policy, type PolicyDefinition, type PolicyHost } from '../core/policy.ts';

const phases = ['onRequest', 'onResponse', 'onFinish', 'explain'] as const satisfies readonly (keyof Policy)[];

/** Why a definition makes no policy of its options; one line, for the person who wrote the options or the definition. */
class PolicyMakingError extends Error {
  override readonly name = 'PolicyMakingError';
}

/**
 * Makes one policy of checked options.
 *
 * @throws PolicyMakingError where `create` throws, or returns what is no policy
 */
export function makePolicy(definition: PolicyDefinition, options: unknown, host: PolicyHost): Policy {
  let made: unknown;
  try {
    made = definition.create(options, host);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PolicyMakingError(`${describePolicy(definition)} cannot be made of its options: ${reason}`, {
      cause: error,
    });
  }
  const problem = findProblem(made);
  if (problem !== undefined) throw new PolicyMakingError(`the create of ${describePolicy(definition)} ${problem}`);
  return made as Policy;
}

/** Names a policy for people, with its module where it is one of the user's own. */
export function describePolicy(definition: PolicyDefinition): string {
  const module = moduleOfPolicy(definition);
  return `the policy "${definition.name}"${module === undefined ? '' : ` of ${module}`}`;
}

function findProblem(made: unknown): string | undefined {
  const wanted = 'an object with what it does, such as { onRequest() {} }';
  if (typeof made !== 'object' || made === null || Array.isArray(made)) {
    return `returns ${describeKind(made)}: expected ${wanted}`;
  }
  if ('then' in made && typeof made.then === 'function') {
    // Nobody waits for it, and a rejection that nobody hears would be an error of its own.
    if (made instanceof Promise) made.catch(() => {});
    return `returns a promise: expected ${wanted} at once, so it cannot be asynchronous`;
  }
  for (const phase of phases) {
    const value: unknown = (made as Policy)[phase];
    if (value !== undefined && typeof value !== 'function') {
      return `returns a policy whose ${phase} is ${describeKind(value)}: expected a function`;
    }
  }
  return undefined;
}

function describeKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

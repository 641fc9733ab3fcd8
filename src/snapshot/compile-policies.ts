import type { PolicyConfig } from '../config/policy-schema.ts';
import { isTrustedPolicy, type Policy, type PolicyDefinition, type PolicyHost } from '../core/policy.ts';
import { parseByteSize } from '../lib/byte-size.ts';
import { guardPolicy } from './guarded-policy.ts';
import { makePolicy } from './make-policy.ts';
import type { PolicyStates } from './policy-states.ts';

/** The policies of one route by phase, each list in the order in which it runs. */
export interface PolicyPhases {
  readonly onRequest: readonly NamedPolicy[];
  /** The last one of the configuration first. */
  readonly onResponse: readonly NamedPolicy[];
  readonly onFinish: readonly NamedPolicy[];
}

/** A policy that was made for one route. */
export interface NamedPolicy {
  readonly name: string;
  /** Its place among the policies of its route, those of the gateway included. */
  readonly order: number;
  readonly policy: Policy;
  /** Bytes of the body that it has to have before it is asked; 0 for none. */
  readonly bodyLimit: number;
}

/** What every policy of a snapshot gets, but for its scope. */
export interface PolicyContext {
  readonly definitions: readonly PolicyDefinition[];
  readonly host: Omit<PolicyHost, 'scope' | 'pattern' | 'state'>;
}

/** One for all, so that routes without policies are at the same place in memory. */
const none: readonly NamedPolicy[] = [];

export const noPolicies: PolicyPhases = { onRequest: none, onResponse: none, onFinish: none };

/** Whose policies these are. */
export interface PolicyOwner {
  /** Names the route, or the gateway for policies of all routes. */
  readonly name: string;
  /** The pattern of the route's path. */
  readonly pattern: string;
  /** How many policies run before them. */
  readonly before: number;
}

/**
 * Makes the policies of a list. The owner's name together with the policy's name and its place among those of the same
 * name is the policy's scope, which a reload keeps.
 */
export function compilePolicies(
  list: readonly PolicyConfig[],
  owner: PolicyOwner,
  ctx: PolicyContext,
  states: PolicyStates,
): readonly NamedPolicy[] {
  const seen = new Map<string, number>();
  return list.map(({ name, options }, index) => {
    const definition = ctx.definitions.find((candidate) => candidate.name === name);
    if (definition === undefined) throw new Error(`the policy ${name} of ${owner.name} is not known`);
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    const scope = `${owner.name} ${name} ${nth}`;
    const state = states.of({ scope, definition, options });
    const made = makePolicy(definition, options, { ...ctx.host, scope, pattern: owner.pattern, state });
    const policy = isTrustedPolicy(definition) ? made : guardPolicy(made);
    return { name, order: owner.before + index, policy, bodyLimit: bodyLimitOf(definition) };
  });
}

function bodyLimitOf({ name, body }: PolicyDefinition): number {
  if (body === undefined) return 0;
  const limit = parseByteSize(body);
  if (limit === undefined) throw new Error(`the policy ${name} says "${body}" where a size such as 64KiB is meant`);
  return limit;
}

/** Sorts policies into phases, so that a phase which a policy does not have costs nothing. */
export function sortIntoPhases(policies: readonly NamedPolicy[]): PolicyPhases {
  const phase = (name: keyof PolicyPhases): readonly NamedPolicy[] => {
    const those = policies.filter(({ policy }) => policy[name] !== undefined);
    return those.length === 0 ? none : those;
  };
  return policies.length === 0
    ? noPolicies
    : { onRequest: phase('onRequest'), onResponse: phase('onResponse').toReversed(), onFinish: phase('onFinish') };
}

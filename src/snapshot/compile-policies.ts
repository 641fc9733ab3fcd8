import type { PolicyConfig } from '../config/policy-schema.ts';
import type { Policy, PolicyDefinition, PolicyHost } from '../core/policy.ts';

/** The policies of one route by phase, each list in the order in which it runs. */
export interface PolicyPhases {
  readonly onRequest: readonly NamedPolicy[];
  readonly onFinish: readonly NamedPolicy[];
}

/** A policy that was made for one route. */
export interface NamedPolicy {
  readonly name: string;
  readonly policy: Policy;
}

/** What every policy of a snapshot gets, but for its scope. */
export interface PolicyContext {
  readonly definitions: readonly PolicyDefinition[];
  readonly host: Omit<PolicyHost, 'scope'>;
}

export const noPolicies: PolicyPhases = { onRequest: [], onFinish: [] };

/**
 * Makes the policies of a list. `owner` names the route, or the gateway for those that are for all routes; together with
 * the policy's name and its place among those of the same name it is the policy's scope, which a reload keeps.
 */
export function compilePolicies(
  list: readonly PolicyConfig[],
  owner: string,
  { definitions, host }: PolicyContext,
): readonly NamedPolicy[] {
  const seen = new Map<string, number>();
  return list.map(({ name, options }) => {
    const definition = definitions.find((candidate) => candidate.name === name);
    if (definition === undefined) throw new Error(`the policy ${name} of ${owner} is not known`);
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return { name, policy: definition.create(options, { ...host, scope: `${owner} ${name} ${nth}` }) };
  });
}

/** Sorts policies into phases, so that a phase which a policy does not have costs nothing. */
export function sortIntoPhases(policies: readonly NamedPolicy[]): PolicyPhases {
  return {
    onRequest: policies.filter(({ policy }) => policy.onRequest !== undefined),
    onFinish: policies.filter(({ policy }) => policy.onFinish !== undefined),
  };
}

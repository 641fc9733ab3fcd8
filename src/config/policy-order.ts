import type { PolicyDefinition } from '../core/policy.ts';
import type { CheckComplaint } from './check-complaint.ts';
import type { PolicyConfig } from './policy-schema.ts';
import type { Config } from './schema.ts';

/** Finds policies that need what no policy before them provides. */
export function checkPolicyOrder(config: Config, policies: readonly PolicyDefinition[]): CheckComplaint[] {
  const definitions = new Map(policies.map((policy) => [policy.name, policy]));
  const order = (list: readonly PolicyConfig[], before: readonly string[]) => walk(list, before, definitions);
  const common = order(config.policies, []);
  const complaints = common.missing.map(({ index, message }) => ({ path: ['policies', index], message }));
  for (const [at, route] of config.routes.entries()) {
    for (const { index, message } of order(route.policies, common.provided).missing) {
      complaints.push({ path: ['routes', at, 'policies', index], message });
    }
  }
  return complaints;
}

function walk(
  list: readonly PolicyConfig[],
  before: readonly string[],
  definitions: ReadonlyMap<string, PolicyDefinition>,
): { missing: { index: number; message: string }[]; provided: string[] } {
  const provided = [...before];
  const missing: { index: number; message: string }[] = [];
  for (const [index, { name, options }] of list.entries()) {
    const definition = definitions.get(name);
    for (const need of definition?.requires?.(options) ?? []) {
      if (provided.includes(need)) continue;
      const providers = [...definitions.values()].filter((other) => other.provides?.includes(need));
      const names = providers.map((other) => other.name).join(' or ');
      missing.push({ index, message: `${name} with these options needs ${names} before it: add that policy above` });
    }
    provided.push(...(definition?.provides ?? []));
  }
  return { missing, provided };
}

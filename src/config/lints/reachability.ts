import type { RoutePattern, ValueCondition } from '../../core/route-pattern.ts';
import { accepts, compareWithinPattern } from '../../core/route-specificity.ts';
import { isParameter } from '../../core/template.ts';

/** More kinds of requests than this are not tried. */
const mostKinds = 20_000;
/** A value and a method that no configuration has. */
const otherValue = '\u0000';
const otherMethod = '\u0000';

/** A kind of request: its method, and a value or none for each field and parameter that matters. */
interface Kind {
  readonly method: string;
  readonly values: ReadonlyMap<string, string | null>;
}

/**
 * The routes that never get a request, since others of the same host and path are always asked before them, by name, with
 * the names of those others. Routes of other hosts and paths leave something over for every route: they are more specific,
 * or they come later. Requests are tried with one value for each field and parameter.
 */
export function findUnreachable(routes: readonly RoutePattern[]): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(routes, ({ host, path }) => JSON.stringify([host, shapeOf(path)]));
  return new Map([...groups.values()].flatMap((group) => (group.length === 1 ? [] : findTaken(group))));
}

function shapeOf(path: string): string {
  return path
    .split('/')
    .map((segment) => (isParameter(segment) ? '{}' : segment))
    .join('/');
}

function findTaken(group: readonly RoutePattern[]): [string, string[]][] {
  const kinds = listKinds(group);
  if (kinds === null) return [];
  const asked = group.toSorted((left, right) => compareWithinPattern(left, right).order);
  const reached = new Set<string>();
  const takers = new Map<string, Set<string>>();
  for (const kind of kinds) {
    const matching = asked.filter((route) => matches(route, kind));
    const [first, ...others] = matching;
    if (first === undefined) continue;
    reached.add(first.name);
    for (const { name } of others) takers.set(name, (takers.get(name) ?? new Set()).add(first.name));
  }
  return asked
    .filter(({ name }) => !reached.has(name))
    .map(({ name }): [string, string[]] => [name, [...(takers.get(name) ?? [])]]);
}

/** Every kind of request that the routes of a group can tell apart; null where there are too many. */
function listKinds(group: readonly RoutePattern[]): Kind[] | null {
  const methods = new Set([otherMethod, ...group.flatMap((route) => route.methods ?? [])]);
  const conditions = Map.groupBy(group.flatMap(conditionsOf), ([name]) => name);
  let kinds: Kind[] = Array.from(methods, (method) => ({ method, values: new Map() }));
  for (const [name, own] of conditions) {
    const values = new Set([null, otherValue, ...own.flatMap(([, condition]) => valuesNamedIn(condition))]);
    if (kinds.length * values.size > mostKinds) return null;
    kinds = kinds.flatMap((kind) =>
      Array.from(values, (value) => ({ ...kind, values: new Map([...kind.values, [name, value]]) })),
    );
  }
  return kinds;
}

function valuesNamedIn({ equals, prefix, one_of: values }: ValueCondition): string[] {
  if (prefix !== undefined) return [prefix, `${prefix}${otherValue}`];
  return equals === undefined ? [...(values ?? [])] : [equals];
}

function matches(route: RoutePattern, { method, values }: Kind): boolean {
  if (route.methods !== undefined && !route.methods.includes(method)) return false;
  return conditionsOf(route).every(([name, condition]) => {
    const value = values.get(name) ?? null;
    return value === null ? condition.present === false : condition.present !== false && accepts(condition, value);
  });
}

function conditionsOf({ headers, query }: RoutePattern): [name: string, condition: ValueCondition][] {
  return [
    ...Object.entries(headers).map(([name, condition]): [string, ValueCondition] => [`header ${name}`, condition]),
    ...Object.entries(query).map(([name, condition]): [string, ValueCondition] => [`parameter ${name}`, condition]),
  ];
}

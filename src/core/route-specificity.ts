import type { RoutePattern, ValueCondition } from './route-pattern.ts';
import { isParameter } from './template.ts';

/**
 * Which of two routes is asked first where both match one request, and why. `order` is negative for the left one; `reason`
 * says of the one that is asked first what makes it so. It never depends on the order of the configuration.
 */
export interface RouteOrder {
  readonly order: number;
  readonly reason: string;
}

const longestHost = 1_000;

/** Of routes whose pattern of host and path is the same, what counts, from the first to the last; more is asked first. */
const ranks: readonly { readonly reason: string; readonly of: (route: RoutePattern) => number }[] = [
  { reason: 'it has more conditions', of: (route) => conditionsOf(route).length },
  { reason: 'it names the method', of: ({ methods }) => (methods === undefined ? 0 : 1) },
  { reason: 'more of its conditions name one value', of: (route) => count(route, isOneValue) },
  {
    reason: 'more of its conditions name values',
    of: (route) => count(route, (condition) => valueCount(condition) > 0),
  },
  { reason: 'more of its conditions say how a value begins', of: (route) => count(route, isBeginning) },
  {
    reason: 'its conditions say more of how a value begins',
    of: (route) => sum(route, ({ prefix = '' }) => prefix.length),
  },
  { reason: 'its conditions name fewer values', of: (route) => -sum(route, valueCount) },
  { reason: 'it names fewer methods', of: ({ methods = [] }) => -new Set(methods).size },
];

/** Compares two routes that match one request; `of` says nothing of routes that no request has in common. */
export function compareRoutes(left: RoutePattern, right: RoutePattern): RouteOrder {
  const byHost = hostRank(right.host) - hostRank(left.host);
  if (byHost !== 0) return { order: byHost, reason: 'its host is more specific' };
  const byPath = comparePaths(left.path, right.path);
  if (byPath !== 0) return { order: byPath, reason: 'its path is more specific' };
  return compareWithinPattern(left, right);
}

/** Compares two routes whose pattern of host and path is the same. */
export function compareWithinPattern(left: RoutePattern, right: RoutePattern): RouteOrder {
  for (const { of, reason } of ranks) {
    const order = of(right) - of(left);
    if (order !== 0) return { order, reason };
  }
  const order = left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
  return { order, reason: 'nothing else tells them apart, and its name comes first' };
}

/** An exact host comes before the longest wildcard, and every host comes last. */
function hostRank(host: string | undefined): number {
  if (host === undefined) return 0;
  return host.startsWith('*.') ? host.length : longestHost;
}

/** From the left, segment by segment: a fixed one before a parameter, a parameter or the end before `/*`. */
function comparePaths(left: string, right: string): number {
  const leftSegments = left.split('/').slice(1);
  const rightSegments = right.split('/').slice(1);
  const length = Math.max(leftSegments.length, rightSegments.length);
  for (let at = 0; at < length; at++) {
    const order = segmentRank(rightSegments, at) - segmentRank(leftSegments, at);
    if (order !== 0) return order;
  }
  return 0;
}

function segmentRank(segments: readonly string[], at: number): number {
  const segment = segments[at];
  // A path that ends and one that goes on with a fixed segment or a parameter have no request in common.
  if (segment === undefined) return 2;
  if (segment === '*' && at === segments.length - 1) return 1;
  return isParameter(segment) ? 2 : 3;
}

export interface AmbiguousRoutes {
  /** The one that is asked first. */
  readonly first: RoutePattern;
  readonly second: RoutePattern;
}

/**
 * Pairs of routes that can match one request and of which neither is for a part of the other's requests, although host,
 * path and the number of conditions are the same: which one is asked first follows from a rule (`compareRoutes`) that its
 * author may not have had in mind. Where other routes are asked before both of them for all that they have in common, there
 * is no such choice. Two values of one field or parameter are taken to exclude each other, although a request
 * may have both.
 */
export function findAmbiguousRoutes(routes: readonly RoutePattern[]): AmbiguousRoutes[] {
  const groups = Map.groupBy(routes, (route) => JSON.stringify([route.host, shapeOf(route.path)]));
  return [...groups.values()].flatMap((group) =>
    group.flatMap((left, at) =>
      group
        .slice(at + 1)
        .filter((right) => areAmbiguous(left, right) && !isSharedPartTaken(left, right, group))
        .map((right) =>
          compareRoutes(left, right).order <= 0 ? { first: left, second: right } : { first: right, second: left },
        ),
    ),
  );
}

/** What a parameter is called makes no difference to what a path matches. */
function shapeOf(path: string): string {
  return path
    .split('/')
    .map((segment) => (isParameter(segment) ? '{}' : segment))
    .join('/');
}

function areAmbiguous(left: RoutePattern, right: RoutePattern): boolean {
  const leftConditions = new Map(conditionsOf(left));
  const rightConditions = new Map(conditionsOf(right));
  if (leftConditions.size !== rightConditions.size) return false;
  if ((left.methods === undefined) !== (right.methods === undefined)) return false;
  if (left.methods !== undefined && !left.methods.some((method) => right.methods?.includes(method))) return false;
  for (const [name, condition] of leftConditions) {
    const other = rightConditions.get(name);
    if (other !== undefined && excludeEachOther(condition, other)) return false;
  }
  return isPartOf(left, right) === isPartOf(right, left);
}

/** Whether other routes of the group are asked before both, for every method and all that a request of both may hold. */
function isSharedPartTaken(left: RoutePattern, right: RoutePattern, group: readonly RoutePattern[]): boolean {
  const shared = [...conditionsOf(left), ...conditionsOf(right)];
  const takers = group.filter(
    (route) =>
      compareWithinPattern(route, left).order < 0 &&
      compareWithinPattern(route, right).order < 0 &&
      conditionsOf(route).every(([name, wide]) => shared.some(([other, own]) => other === name && implies(own, wide))),
  );
  const methods = left.methods?.filter((method) => right.methods?.includes(method));
  if (methods === undefined) return takers.some((route) => route.methods === undefined);
  return methods.every((method) => takers.some((route) => route.methods?.includes(method) ?? true));
}

/** Whether every request of `part` is one of `whole`; both have as many conditions. */
function isPartOf(part: RoutePattern, whole: RoutePattern): boolean {
  const conditions = new Map(conditionsOf(part));
  const { methods } = whole;
  if (methods !== undefined && part.methods?.every((method) => methods.includes(method)) !== true) return false;
  return conditionsOf(whole).every(([name, condition]) => {
    const own = conditions.get(name);
    return own !== undefined && implies(own, condition);
  });
}

function implies(narrow: ValueCondition, wide: ValueCondition): boolean {
  if (narrow.present === false || wide.present === false) return narrow.present === wide.present;
  if (wide.present === true) return true;
  const values = valuesOf(narrow);
  if (values !== null) return values.every((value) => accepts(wide, value));
  return narrow.prefix !== undefined && wide.prefix !== undefined && narrow.prefix.startsWith(wide.prefix);
}

function excludeEachOther(left: ValueCondition, right: ValueCondition): boolean {
  if (left.present === false || right.present === false) return left.present !== right.present;
  if (left.present === true || right.present === true) return false;
  const values = valuesOf(left);
  if (values !== null) return !values.some((value) => accepts(right, value));
  const others = valuesOf(right);
  if (others !== null) return !others.some((value) => accepts(left, value));
  const { prefix = '' } = left;
  const { prefix: other = '' } = right;
  return !prefix.startsWith(other) && !other.startsWith(prefix);
}

/** The values that a condition names; null where it names none. */
function valuesOf({ equals, one_of: values }: ValueCondition): readonly string[] | null {
  return equals === undefined ? (values ?? null) : [equals];
}

/** Whether a condition holds for a value. */
export function accepts({ equals, prefix, one_of: values, present }: ValueCondition, value: string): boolean {
  if (equals !== undefined) return value === equals;
  if (prefix !== undefined) return value.startsWith(prefix);
  return values === undefined ? present === true : values.includes(value);
}

function conditionsOf({ headers, query }: RoutePattern): [name: string, condition: ValueCondition][] {
  return [
    ...Object.entries(headers).map(([name, condition]): [string, ValueCondition] => [`header ${name}`, condition]),
    ...Object.entries(query).map(([name, condition]): [string, ValueCondition] => [`parameter ${name}`, condition]),
  ];
}

function count(route: RoutePattern, holds: (condition: ValueCondition) => boolean): number {
  return conditionsOf(route).filter(([, condition]) => holds(condition)).length;
}

function sum(route: RoutePattern, measure: (condition: ValueCondition) => number): number {
  return conditionsOf(route).reduce((total, [, condition]) => total + measure(condition), 0);
}

function isOneValue(condition: ValueCondition): boolean {
  return valueCount(condition) === 1;
}

function valueCount(condition: ValueCondition): number {
  return new Set(valuesOf(condition)).size;
}

function isBeginning({ prefix }: ValueCondition): boolean {
  return prefix !== undefined;
}

import type { RoutedRequest, RoutePattern } from '../core/route-pattern.ts';
import { compareWithinPattern } from '../core/route-specificity.ts';
import { RouteConditions } from './route-conditions.ts';

interface ConditionalRoute<T> {
  readonly route: T;
  readonly conditions: RouteConditions;
}

/** The routes that share one pattern of host and path, told apart by method and conditions. */
export class RouteTable<T extends RoutePattern> {
  /** Whether a look-up may have to look at more than the method. */
  readonly hasConditions: boolean;
  /** The route that takes every request, where that is all there is. */
  readonly only: T | null;
  private readonly byMethod: ReadonlyMap<string, T> | null;
  private readonly forAll: T | null;
  /** In the order in which they are asked: by method for those that some route names, and for all other methods. */
  private readonly conditionalByMethod: ReadonlyMap<string, readonly ConditionalRoute<T>[]> | null;
  private readonly conditionalForAll: readonly ConditionalRoute<T>[];
  private readonly conditional: readonly ConditionalRoute<T>[];

  constructor(routes: readonly T[]) {
    const sorted = routes.toSorted((left, right) => compareWithinPattern(left, right).order);
    const all = sorted.map((route) => ({ route, conditions: new RouteConditions(route) }));
    this.conditional = all.filter(({ conditions }) => conditions.list.length > 0);
    this.hasConditions = this.conditional.length > 0;
    const plain = all.filter(({ conditions }) => conditions.list.length === 0).map(({ route }) => route);
    this.byMethod = tableByMethod(plain);
    this.forAll = plain.find(({ methods }) => methods === undefined) ?? null;
    this.only = this.hasConditions || this.byMethod !== null ? null : this.forAll;
    const named = new Set(this.conditional.flatMap(({ route }) => route.methods ?? []));
    this.conditionalForAll = this.conditional.filter(({ route }) => route.methods === undefined);
    this.conditionalByMethod =
      named.size === 0
        ? null
        : new Map([...named].map((method) => [method, this.conditional.filter(({ route }) => takes(route, method))]));
  }

  /** The route that is asked first of those that take the request; null where none does. */
  pick(request: RoutedRequest): T | null {
    if (this.hasConditions) {
      const found = this.pickConditional(request);
      if (found !== null) return found;
    }
    return (this.byMethod === null ? undefined : this.byMethod.get(request.method)) ?? this.forAll;
  }

  private pickConditional(request: RoutedRequest): T | null {
    const candidates = this.conditionalByMethod?.get(request.method) ?? this.conditionalForAll;
    for (const { route, conditions } of candidates) if (conditions.hold(request)) return route;
    return null;
  }

  /** The methods that routes name which would take the request with another method. */
  methodsFor(request: RoutedRequest): readonly string[] {
    const conditional = this.conditional.filter(({ conditions }) => conditions.hold(request));
    return [...(this.byMethod?.keys() ?? []), ...conditional.flatMap(({ route }) => route.methods ?? [])];
  }
}

function takes({ methods }: RoutePattern, method: string): boolean {
  return methods === undefined || methods.includes(method);
}

/** Of two routes that name a method, the first one gets it. */
function tableByMethod<T extends RoutePattern>(routes: readonly T[]): ReadonlyMap<string, T> | null {
  const table = new Map<string, T>();
  for (const route of routes) {
    for (const method of route.methods ?? []) if (!table.has(method)) table.set(method, route);
  }
  return table.size === 0 ? null : table;
}

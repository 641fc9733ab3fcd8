import type { RoutedRequest, RoutePattern, ValueCondition } from '../core/route-pattern.ts';
import { accepts } from '../core/route-specificity.ts';
import { queryValues } from './query-values.ts';

/** One condition of a route, ready to be tested. */
class RouteCondition {
  readonly kind: 'header' | 'query parameter';
  readonly name: string;
  readonly wanted: ValueCondition;
  private readonly nameInBytes: string;
  private readonly condition: ValueCondition;

  constructor(kind: RouteCondition['kind'], name: string, wanted: ValueCondition) {
    this.kind = kind;
    this.name = name;
    this.wanted = wanted;
    this.nameInBytes = toByteText(name);
    this.condition = inBytes(wanted);
  }

  holds(request: RoutedRequest): boolean {
    const values = this.valuesIn(request);
    if (this.condition.present === false) return values.length === 0;
    for (const value of values) if (accepts(this.condition, value)) return true;
    return false;
  }

  /** What the request has under this name, one character a byte. */
  valuesIn(request: RoutedRequest): readonly string[] {
    if (this.kind === 'query parameter') return queryValues(request.query, this.nameInBytes);
    const values: string[] = [];
    for (let at = request.indexOf(this.name); at >= 0; at = request.indexOf(this.name, at + 1)) {
      values.push(request.valueAt(at));
    }
    return values;
  }
}

/** The conditions of a route on fields and parameters, which all have to hold. */
export class RouteConditions {
  readonly list: readonly RouteCondition[];

  constructor({ headers, query }: Pick<RoutePattern, 'headers' | 'query'>) {
    this.list = [
      ...Object.entries(headers).map(([name, wanted]) => new RouteCondition('header', name, wanted)),
      ...Object.entries(query).map(([name, wanted]) => new RouteCondition('query parameter', name, wanted)),
    ];
  }

  hold(request: RoutedRequest): boolean {
    for (const condition of this.list) if (!condition.holds(request)) return false;
    return true;
  }

  /** The first condition that does not hold; null where all do. */
  firstFailure(request: RoutedRequest): RouteCondition | null {
    return this.list.find((condition) => !condition.holds(request)) ?? null;
  }
}

/** Text as heads hold it: one character for each byte of its UTF-8 form. */
function toByteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function inBytes(condition: ValueCondition): ValueCondition {
  const { equals, prefix, one_of: values, present } = condition;
  if (equals !== undefined) return { equals: toByteText(equals) };
  if (prefix !== undefined) return { prefix: toByteText(prefix) };
  return values === undefined ? { present: present === true } : { one_of: values.map(toByteText) };
}

import type { RoutedRequest, RoutePattern } from '../core/route-pattern.ts';
import { isParameter } from '../core/template.ts';
import { RouteTable } from './route-table.ts';

/** A place in the trie while it is made. */
class PatternNode<T extends RoutePattern> {
  readonly children = new Map<string, PatternNode<T>>();
  readonly exact: T[] = [];
  readonly prefix: T[] = [];
}

/** A place in the trie: what routes end here, and what may follow. */
interface PathNode<T extends RoutePattern> {
  /** By the next segment. */
  readonly children: ReadonlyMap<string, PathNode<T>> | null;
  /** For a next segment of any name that is not empty. */
  readonly parameter: PathNode<T> | null;
  readonly exact: RouteTable<T> | null;
  readonly prefix: RouteTable<T> | null;
}

/** No segment of a pattern: `/` is in none. */
const parameterKey = '/';

/**
 * Routes by the segments of their paths: exact ones, `{name}` for one segment, `/*` for any number (`/a/*` is for `/a`,
 * `/a/` and `/a/b`). A look-up costs a step for each segment of the path, however many routes there are; it goes more than
 * one way only where a segment fits both by its name and as a parameter, and the first way has led nowhere.
 */
export class PathTrie<T extends RoutePattern> {
  private readonly root: PathNode<T>;

  /** The paths are valid patterns. Hosts are not looked at. */
  constructor(routes: readonly T[]) {
    const root = new PatternNode<T>();
    for (const route of routes) addPattern(root, route);
    this.root = compileNode(root);
  }

  /**
   * The most specific route that takes the request, whose normalised path is `path`. From the left, a segment by its name
   * comes before a parameter, and that before `/*`.
   */
  match(path: string, request: RoutedRequest): T | null {
    return this.matchFrom(this.root, 0, path, request);
  }

  /** What matches at a node and below it. `from` is at the slash before the next segment, or at the end of the path. */
  private matchFrom(from: PathNode<T>, fromStart: number, path: string, request: RoutedRequest): T | null {
    let best: T | null = null;
    let node = from;
    let start = fromStart;
    for (;;) {
      const { prefix, parameter, children } = node;
      if (prefix !== null) {
        // Conditions are not looked at before everything that is more specific has had its turn.
        if (prefix.hasConditions) return this.matchBelow(node, start, path, request) ?? prefix.pick(request) ?? best;
        best = prefix.pick(request) ?? best;
      }
      if (start >= path.length) return node.exact?.pick(request) ?? best;
      const slashAt = path.indexOf('/', start + 1);
      const end = slashAt < 0 ? path.length : slashAt;
      const child = children === null ? undefined : children.get(path.slice(start + 1, end));
      if (parameter === null) {
        if (child === undefined) return best;
        node = child;
      } else {
        if (child !== undefined) return this.matchBelow(node, start, path, request) ?? best;
        if (end === start + 1) return best;
        node = parameter;
      }
      start = end;
    }
  }

  /** As `matchFrom`, but for the routes with `/*` at this node. */
  private matchBelow(node: PathNode<T>, start: number, path: string, request: RoutedRequest): T | null {
    if (start >= path.length) return node.exact === null ? null : node.exact.pick(request);
    const slashAt = path.indexOf('/', start + 1);
    const end = slashAt < 0 ? path.length : slashAt;
    const child = node.children?.get(path.slice(start + 1, end));
    const found = child === undefined ? null : this.matchFrom(child, end, path, request);
    if (found !== null || node.parameter === null || end === start + 1) return found;
    return this.matchFrom(node.parameter, end, path, request);
  }

  /** The methods of all routes that would take the request with another method; for the `Allow` field of a 405. */
  methodsFor(path: string, request: RoutedRequest): ReadonlySet<string> {
    const tables = tablesFor(this.root, path.split('/').slice(1));
    return new Set(tables.flatMap((table) => table.methodsFor(request)));
  }
}

function addPattern<T extends RoutePattern>(root: PatternNode<T>, route: T): void {
  const isPrefix = route.path.endsWith('/*');
  const path = isPrefix ? route.path.slice(0, -2) : route.path;
  let node = root;
  for (const segment of path.split('/').slice(1)) {
    const key = isParameter(segment) ? parameterKey : segment;
    let child = node.children.get(key);
    if (child === undefined) node.children.set(key, (child = new PatternNode()));
    node = child;
  }
  (isPrefix ? node.prefix : node.exact).push(route);
}

function compileNode<T extends RoutePattern>(node: PatternNode<T>): PathNode<T> {
  const parameter = node.children.get(parameterKey);
  const children = [...node.children].filter(([key]) => key !== parameterKey);
  return {
    children: children.length === 0 ? null : new Map(children.map(([segment, child]) => [segment, compileNode(child)])),
    parameter: parameter === undefined ? null : compileNode(parameter),
    exact: node.exact.length === 0 ? null : new RouteTable(node.exact),
    prefix: node.prefix.length === 0 ? null : new RouteTable(node.prefix),
  };
}

/** The tables of all patterns that a path fits. */
function tablesFor<T extends RoutePattern>(node: PathNode<T>, segments: readonly string[]): RouteTable<T>[] {
  const [segment, ...rest] = segments;
  const here = node.prefix === null ? [] : [node.prefix];
  if (segment === undefined) return node.exact === null ? here : [...here, node.exact];
  const child = node.children?.get(segment);
  return [
    ...here,
    ...(child === undefined ? [] : tablesFor(child, rest)),
    ...(node.parameter === null || segment === '' ? [] : tablesFor(node.parameter, rest)),
  ];
}

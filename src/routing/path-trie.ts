import type { RoutedRequest, RoutePattern } from '../core/route-pattern.ts';
import { isParameter } from '../core/template.ts';
import { RouteTable } from './route-table.ts';
import { SegmentIndex, type SegmentEdge } from './segment-index.ts';

/** A place in the trie while it is made. */
class PatternNode<T extends RoutePattern> {
  readonly children = new Map<string, PatternNode<T>>();
  readonly exact: T[] = [];
  readonly prefix: T[] = [];
}

/** A place in the trie: what routes end here, and what may follow. */
interface PathNode<T extends RoutePattern> {
  /** Its place in the list of nodes, by which the index knows what is below it. */
  readonly number: number;
  /** Whether nothing follows. */
  readonly isLeaf: boolean;
  /** For a next segment of any name that is not empty. */
  readonly parameter: PathNode<T> | null;
  readonly exact: RouteTable<T> | null;
  readonly prefix: RouteTable<T> | null;
  /** What `prefix` always picks, so that most requests need not look there: it lies elsewhere in memory. */
  readonly onlyPrefix: T | null;
}

/** The route that takes every request which comes to a node, where that is all that it has; it spares a look at it. */
function soleRoute<T extends RoutePattern>({ isLeaf, parameter, exact, onlyPrefix }: PathNode<T>): T | null {
  return isLeaf && parameter === null && exact === null ? onlyPrefix : null;
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
  private readonly nodes: readonly PathNode<T>[];
  /** By the number of the node, for those that have one. */
  private readonly soleRoutes: readonly (T | null)[];
  private readonly index: SegmentIndex;

  /** The paths are valid patterns. Hosts are not looked at. */
  constructor(routes: readonly T[]) {
    const root = new PatternNode<T>();
    for (const route of routes) addPattern(root, route);
    const nodes: PathNode<T>[] = [];
    const edges: SegmentEdge[] = [];
    this.root = compileNode(root, nodes, edges);
    this.nodes = nodes;
    this.soleRoutes = nodes.map(soleRoute);
    this.index = new SegmentIndex(edges);
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
      const { prefix, onlyPrefix, parameter } = node;
      if (onlyPrefix !== null) {
        best = onlyPrefix;
      } else if (prefix !== null) {
        // Conditions are not looked at before everything that is more specific has had its turn.
        if (prefix.hasConditions) return this.matchBelow(node, start, path, request) ?? prefix.pick(request) ?? best;
        best = prefix.pick(request) ?? best;
      }
      if (start >= path.length) return node.exact?.pick(request) ?? best;
      if (node.isLeaf) return best;
      const number = this.index.find(node.number, path, start);
      const sole = number < 0 ? null : (this.soleRoutes[number] ?? null);
      if (sole !== null) return sole;
      const child = number < 0 ? null : (this.nodes[number] ?? null);
      const { end } = this.index;
      if (parameter === null) {
        if (child === null) return best;
        node = child;
      } else {
        if (child !== null) return this.matchBelow(node, start, path, request) ?? best;
        if (end === start + 1) return best;
        node = parameter;
      }
      start = end;
    }
  }

  /** As `matchFrom`, but for the routes with `/*` at this node. */
  private matchBelow(node: PathNode<T>, start: number, path: string, request: RoutedRequest): T | null {
    if (start >= path.length) return node.exact === null ? null : node.exact.pick(request);
    if (node.isLeaf) return null;
    const child = this.childOf(node, path, start);
    const { end } = this.index;
    const found = child === null ? null : this.matchFrom(child, end, path, request);
    if (found !== null || node.parameter === null || end === start + 1) return found;
    return this.matchFrom(node.parameter, end, path, request);
  }

  /** The node below for the segment after the slash at `start`; where that segment ends stands in the index. */
  private childOf(node: PathNode<T>, path: string, start: number): PathNode<T> | null {
    const child = this.index.find(node.number, path, start);
    return child < 0 ? null : (this.nodes[child] ?? null);
  }

  /** The methods of all routes that would take the request with another method; for the `Allow` field of a 405. */
  methodsFor(path: string, request: RoutedRequest): ReadonlySet<string> {
    const tables = this.tablesFor(this.root, 0, path);
    return new Set(tables.flatMap((table) => table.methodsFor(request)));
  }

  /** The tables of all patterns that a path fits. */
  private tablesFor(node: PathNode<T>, start: number, path: string): RouteTable<T>[] {
    const here = node.prefix === null ? [] : [node.prefix];
    if (start >= path.length) return node.exact === null ? here : [...here, node.exact];
    const child = this.childOf(node, path, start);
    const { end } = this.index;
    return [
      ...here,
      ...(child === null ? [] : this.tablesFor(child, end, path)),
      ...(node.parameter === null || end === start + 1 ? [] : this.tablesFor(node.parameter, end, path)),
    ];
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

/** Adds the nodes from this one down to `nodes`, and what leads from one to the other by a name to `edges`. */
function compileNode<T extends RoutePattern>(
  pattern: PatternNode<T>,
  nodes: PathNode<T>[],
  edges: SegmentEdge[],
): PathNode<T> {
  const { children, exact, prefix } = pattern;
  const below = children.get(parameterKey);
  const parameter = below === undefined ? null : compileNode(below, nodes, edges);
  const named: Omit<SegmentEdge, 'parent'>[] = [];
  for (const [segment, child] of children) {
    if (segment !== parameterKey) named.push({ segment, child: compileNode(child, nodes, edges).number });
  }
  const number = nodes.length;
  for (const edge of named) edges.push({ parent: number, ...edge });
  const prefixTable = prefix.length === 0 ? null : new RouteTable(prefix);
  const node: PathNode<T> = {
    number,
    isLeaf: children.size === 0,
    parameter,
    exact: exact.length === 0 ? null : new RouteTable(exact),
    prefix: prefixTable,
    onlyPrefix: prefixTable?.only ?? null,
  };
  nodes.push(node);
  return node;
}

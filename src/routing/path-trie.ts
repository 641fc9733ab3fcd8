/** What a trie leads to: something that is for all methods, or only for those named. */
export interface Routable {
  /** Undefined: every method. */
  readonly methods: readonly string[] | undefined;
}

/** The routes that share one pattern, told apart by method. */
class MethodTable<T extends Routable> {
  private readonly byMethod = new Map<string, T>();
  private forAll: T | null = null;

  add(route: T): void {
    if (route.methods === undefined) this.forAll ??= route;
    else {
      for (const method of route.methods) {
        if (!this.byMethod.has(method)) this.byMethod.set(method, route);
      }
    }
  }

  pick(method: string): T | null {
    return this.byMethod.get(method) ?? this.forAll;
  }

  methods(): readonly string[] {
    return [...this.byMethod.keys()];
  }
}

class PathNode<T extends Routable> {
  children: Map<string, PathNode<T>> | null = null;
  exact: MethodTable<T> | null = null;
  prefix: MethodTable<T> | null = null;
}

/**
 * Patterns by segment: exact paths, and prefixes in whole segments (`/a/*` is for `/a`, `/a/` and `/a/b`). A look-up
 * costs a step for each segment of the path, however many patterns there are.
 */
export class PathTrie<T extends Routable> {
  private readonly root = new PathNode<T>();

  /** Adds a validated pattern. Of two with the same pattern and method, the one added first stays. */
  add(pattern: string, route: T): void {
    const isPrefix = pattern.endsWith('/*');
    const path = isPrefix ? pattern.slice(0, -2) : pattern;
    let node = this.root;
    for (const segment of path.split('/').slice(1)) {
      node.children ??= new Map();
      let child = node.children.get(segment);
      if (child === undefined) node.children.set(segment, (child = new PathNode()));
      node = child;
    }
    const table = isPrefix ? (node.prefix ??= new MethodTable()) : (node.exact ??= new MethodTable());
    table.add(route);
  }

  /** The most specific route for a normalised path: an exact one, else the longest prefix that has the method. */
  match(path: string, method: string): T | null {
    let best: T | null = null;
    let node: PathNode<T> = this.root;
    let start = 0;
    for (;;) {
      if (node.prefix !== null) best = node.prefix.pick(method) ?? best;
      // `start` is at the slash before the next segment, or at the end of the path.
      if (start >= path.length) return node.exact?.pick(method) ?? best;
      if (node.children === null) return best;
      const slashAt = path.indexOf('/', start + 1);
      const end = slashAt < 0 ? path.length : slashAt;
      const child = node.children.get(path.slice(start + 1, end));
      if (child === undefined) return best;
      node = child;
      start = end;
    }
  }

  /** The methods of all routes whose pattern matches; for the `Allow` field of a 405. */
  methodsFor(path: string): ReadonlySet<string> {
    const found = new Set<string>();
    let node: PathNode<T> | undefined = this.root;
    const segments = path.split('/').slice(1);
    for (const segment of segments) {
      node.prefix?.methods().forEach((method) => found.add(method));
      node = node.children?.get(segment);
      if (node === undefined) return found;
    }
    node.prefix?.methods().forEach((method) => found.add(method));
    node.exact?.methods().forEach((method) => found.add(method));
    return found;
  }
}

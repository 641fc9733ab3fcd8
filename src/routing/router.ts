import { PathTrie, type Routable } from './path-trie.ts';

/** What a router has to know of a route. */
export interface RoutePattern extends Routable {
  readonly path: string;
  /** A name in lower case, or `*.` and a domain for everything below it; undefined: every host. */
  readonly host: string | undefined;
  /** What fields of the request have to be, by lower-case name. */
  readonly headers: Readonly<Record<string, ValueCondition>>;
  /** What parameters of the query have to be, by name. */
  readonly query: Readonly<Record<string, ValueCondition>>;
}

/** Exactly one of these. */
export interface ValueCondition {
  readonly equals?: string;
  readonly prefix?: string;
  readonly one_of?: readonly string[];
  readonly present?: boolean;
}

/**
 * Chooses the route of a request. The most specific wins: an exact host before a wildcard before none, then the longest
 * path, then a route that names the method before one that takes all. A route that matches in everything but the
 * method is no match, so that a wider one may take the request.
 */
export class Router<T extends RoutePattern> {
  private readonly anyHost = new PathTrie<T>();
  private readonly exactHosts = new Map<string, PathTrie<T>>();
  /** By the domain with its leading dot. */
  private readonly wildcardHosts = new Map<string, PathTrie<T>>();

  constructor(routes: readonly T[]) {
    for (const route of routes) this.trieFor(route.host).add(route.path, route);
  }

  /** `host` is the authority as the request has it, `path` is normalised. */
  match(method: string, host: string, path: string): T | null {
    if (this.exactHosts.size === 0 && this.wildcardHosts.size === 0) return this.anyHost.match(path, method);
    const name = hostName(host);
    const exact = this.exactHosts.get(name)?.match(path, method);
    if (exact !== undefined && exact !== null) return exact;
    for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
      const wild = this.wildcardHosts.get(name.slice(at))?.match(path, method);
      if (wild !== undefined && wild !== null) return wild;
    }
    return this.anyHost.match(path, method);
  }

  /** The methods that the path could have been asked with, sorted; empty where no route matches at all. */
  methodsFor(host: string, path: string): readonly string[] {
    const name = hostName(host);
    const found = new Set(this.anyHost.methodsFor(path));
    this.exactHosts
      .get(name)
      ?.methodsFor(path)
      .forEach((method) => found.add(method));
    for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
      this.wildcardHosts
        .get(name.slice(at))
        ?.methodsFor(path)
        .forEach((method) => found.add(method));
    }
    return [...found].sort();
  }

  private trieFor(host: string | undefined): PathTrie<T> {
    if (host === undefined) return this.anyHost;
    const table = host.startsWith('*.') ? this.wildcardHosts : this.exactHosts;
    const key = host.startsWith('*.') ? host.slice(1) : host;
    let trie = table.get(key);
    if (trie === undefined) table.set(key, (trie = new PathTrie()));
    return trie;
  }
}

/** The name in an authority: without port and trailing dot, in lower case. */
function hostName(authority: string): string {
  const isIPv6 = authority.startsWith('[');
  const colonAt = isIPv6 ? authority.indexOf(']:') + 1 : authority.indexOf(':');
  const name = colonAt > 0 ? authority.slice(0, colonAt) : authority;
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

import type { RoutedRequest, RoutePattern } from '../core/route-pattern.ts';
import { PathTrie } from './path-trie.ts';

/**
 * Chooses the route of a request. The most specific wins, whatever the order of the configuration: an exact host before a
 * wildcard before none, then by path (see `PathTrie`), then more conditions before fewer, then a route that names the
 * method before one that takes all, then what `compareWithinPattern` says. A route that matches in everything but the
 * method or a condition is no match, so that a wider one may take the request.
 */
export class Router<T extends RoutePattern> {
  readonly routes: readonly T[];
  private readonly anyHost: PathTrie<T>;
  private readonly exactHosts: ReadonlyMap<string, PathTrie<T>>;
  /** By the domain with its leading dot. */
  private readonly wildcardHosts: ReadonlyMap<string, PathTrie<T>>;
  private readonly hasHosts: boolean;

  constructor(routes: readonly T[]) {
    this.routes = routes;
    this.anyHost = new PathTrie(routes.filter(({ host }) => host === undefined));
    this.exactHosts = triesBy(routes, (host) => (host.startsWith('*.') ? null : host));
    this.wildcardHosts = triesBy(routes, (host) => (host.startsWith('*.') ? host.slice(1) : null));
    this.hasHosts = this.exactHosts.size > 0 || this.wildcardHosts.size > 0;
  }

  /** `path` is the normalised one of the request. */
  match(request: RoutedRequest, path: string): T | null {
    if (!this.hasHosts) return this.anyHost.match(path, request);
    const name = hostName(request.host);
    const exact = this.exactHosts.get(name)?.match(path, request);
    if (exact !== undefined && exact !== null) return exact;
    for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
      const wild = this.wildcardHosts.get(name.slice(at))?.match(path, request);
      if (wild !== undefined && wild !== null) return wild;
    }
    return this.anyHost.match(path, request);
  }

  /** The methods that the request could have been made with, sorted; empty where no route matches at all. */
  methodsFor(request: RoutedRequest, path: string): readonly string[] {
    const name = hostName(request.host);
    const tries = [this.anyHost, this.exactHosts.get(name)];
    for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
      tries.push(this.wildcardHosts.get(name.slice(at)));
    }
    const methods = tries.flatMap((trie) => [...(trie?.methodsFor(path, request) ?? [])]);
    return [...new Set(methods)].sort();
  }
}

/** A trie for each key that hosts have; null for those that have none. */
function triesBy<T extends RoutePattern>(
  routes: readonly T[],
  keyOf: (host: string) => string | null,
): ReadonlyMap<string, PathTrie<T>> {
  const groups = Map.groupBy(routes, ({ host }) => (host === undefined ? null : keyOf(host)));
  const tries = new Map<string, PathTrie<T>>();
  for (const [key, group] of groups) if (key !== null) tries.set(key, new PathTrie(group));
  return tries;
}

/** The name in an authority: without port and trailing dot, in lower case. */
export function hostName(authority: string): string {
  const isIPv6 = authority.startsWith('[');
  const colonAt = isIPv6 ? authority.indexOf(']:') + 1 : authority.indexOf(':');
  const name = colonAt > 0 ? authority.slice(0, colonAt) : authority;
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

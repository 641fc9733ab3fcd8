import type { RouteConfig } from '../config/schema.ts';
import { FixedAnswer } from '../core/fixed-answer.ts';
import { RedirectLocation } from '../core/redirect-location.ts';
import { compileTemplate } from '../core/template.ts';
import type { PolicyPhases } from './compile-policies.ts';
import { Split, type Destination, type UpstreamDestination } from './destination.ts';
import { Redirect } from './route-answers.ts';
import { Rewrite } from './rewrite.ts';
import type { MirrorRule, Route } from './snapshot.ts';

/** What a route is made of beside its own configuration. */
export interface RouteParts {
  /** Each upstream as a destination, which its routes share. */
  readonly destinations: ReadonlyMap<string, UpstreamDestination>;
  readonly slot: number;
  readonly policies: PolicyPhases;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** Throws where a route names what there is not, which is a defect: the configuration was checked. */
export function compileRoute(route: RouteConfig, parts: RouteParts): Route {
  const { path, host, methods, headers, query } = route.match;
  return {
    // What every request asks for stands together, and what only the choice of the route asks for is behind it.
    slot: parts.slot,
    internal: false,
    destination: compileDestination(route, parts),
    rewrite: compileRewrite(route),
    mirror: compileMirror(route, parts),
    policies: parts.policies,
    name: route.name,
    path,
    host,
    methods,
    headers,
    query,
  };
}

function compileDestination(route: RouteConfig, parts: RouteParts): Destination {
  const { upstream, split, redirect, respond } = route;
  const { path } = route.match;
  if (split !== undefined) {
    const shares = split.map((share) => ({
      upstream: findDestination(route, share.upstream, parts).upstream,
      weight: share.weight,
    }));
    return { upstream: null, split: new Split(shares, parts.random), answer: null };
  }
  if (redirect !== undefined) {
    const { status, to, keep_query: keepQuery } = redirect;
    return {
      upstream: null,
      split: null,
      answer: new Redirect({ status, to: new RedirectLocation(to, path), keepQuery }),
    };
  }
  if (respond !== undefined) return { upstream: null, split: null, answer: new FixedAnswer(respond, path) };
  return findDestination(route, upstream ?? '', parts);
}

function findDestination(route: RouteConfig, name: string, { destinations }: RouteParts): UpstreamDestination {
  const destination = destinations.get(name);
  if (destination === undefined) throw new Error(`route ${route.name} names the unknown upstream ${name}`);
  return destination;
}

function compileRewrite({ rewrite, match }: RouteConfig): Rewrite | null {
  if (rewrite === undefined) return null;
  const { path, host } = rewrite;
  return new Rewrite({
    stripPrefix: rewrite.strip_prefix ?? '',
    path: path === undefined ? null : compileTemplate(path, match.path),
    host: host === undefined ? null : compileTemplate(host, match.path),
  });
}

function compileMirror(route: RouteConfig, parts: RouteParts): MirrorRule | null {
  const { mirror } = route;
  if (mirror === undefined) return null;
  return {
    upstream: findDestination(route, mirror.upstream, parts).upstream,
    share: mirror.share,
    bodyLimitBytes: mirror.body_limit,
  };
}

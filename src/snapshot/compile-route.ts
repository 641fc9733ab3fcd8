import type { RouteConfig } from '../config/schema.ts';
import { FixedAnswer } from '../core/fixed-answer.ts';
import { RedirectLocation } from '../core/redirect-location.ts';
import { compileTemplate } from '../core/template.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { sortIntoPhases, type NamedPolicy } from './compile-policies.ts';
import { Split, type Destination } from './destination.ts';
import { Redirect } from './route-answers.ts';
import { Rewrite } from './rewrite.ts';
import type { MirrorRule, Route } from './snapshot.ts';

/** What a route is made of beside its own configuration. */
export interface RouteParts {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly slot: number;
  readonly policies: readonly NamedPolicy[];
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** Throws where a route names what there is not, which is a defect: the configuration was checked. */
export function compileRoute(route: RouteConfig, parts: RouteParts): Route {
  const { path, host, methods, headers, query } = route.match;
  return {
    name: route.name,
    slot: parts.slot,
    path,
    host,
    methods,
    headers,
    query,
    internal: false,
    destination: compileDestination(route, parts),
    rewrite: compileRewrite(route),
    mirror: compileMirror(route, parts),
    policies: sortIntoPhases(parts.policies),
  };
}

function compileDestination(route: RouteConfig, parts: RouteParts): Destination {
  const { upstream, split, redirect, respond } = route;
  const { path } = route.match;
  if (split !== undefined) {
    const shares = split.map((share) => ({
      upstream: findUpstream(route, share.upstream, parts),
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
  return { upstream: findUpstream(route, upstream ?? '', parts), split: null, answer: null };
}

function findUpstream(route: RouteConfig, name: string, { upstreams }: RouteParts): Upstream {
  const upstream = upstreams.get(name);
  if (upstream === undefined) throw new Error(`route ${route.name} names the unknown upstream ${name}`);
  return upstream;
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
    upstream: findUpstream(route, mirror.upstream, parts),
    share: mirror.share,
    bodyLimitBytes: mirror.body_limit,
  };
}

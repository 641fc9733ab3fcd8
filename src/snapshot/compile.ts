import type { Config, UpstreamConfig } from '../config/schema.ts';
import { gatewayPaths, type GatewayPathSelection } from '../core/gateway-paths.ts';
import type { Logger } from '../core/ports.ts';
import type { Program } from '../core/worker-messages.ts';
import { defaultHeadLimits, type HeadLimits } from '../http1/limits.ts';
import { createCidrSet } from '../lib/cidr.ts';
import { PathTrie } from '../routing/path-trie.ts';
import { Router } from '../routing/router.ts';
import type { Breaker } from '../upstream/breaker.ts';
import { defaultRetryBudget } from '../upstream/retry-budget.ts';
import { defaultRetryOptions } from '../upstream/retry.ts';
import type { PoolOptions } from '../upstream/pool.ts';
import type { Target } from '../upstream/target.ts';
import { Upstream, type RetryRules } from '../upstream/upstream.ts';
import { alwaysTheSame, compileBalancing } from './compile-balancing.ts';
import { compilePolicies, noPolicies, sortIntoPhases, type PolicyContext } from './compile-policies.ts';
import { compileRoute } from './compile-route.ts';
import { toUpstream } from './destination.ts';
import type { Resources } from './resources.ts';
import type { Route, Snapshot } from './snapshot.ts';

/** What a snapshot is compiled from. */
export type SnapshotSource = Config;

/** What a worker adds to a program to make a snapshot of it. */
export interface CompileContext {
  readonly resources: Resources;
  /** Path of the unix socket of the gateway's own endpoints. */
  readonly gatewaySocket: string;
  readonly policies: PolicyContext;
}

/**
 * Compiles a validated configuration, and changes nothing of what another snapshot uses. `resources.commit()` or
 * `resources.abandon()` follows, as it is served or not. Throws where a policy refuses its options, and where the program
 * contradicts itself, which is a defect.
 */
export function compileSnapshot(program: Program<Config>, ctx: CompileContext): Snapshot {
  const { config, slots } = program;
  const headLimits: HeadLimits = {
    startLineBytes: config.limits.request_line,
    headBytes: config.limits.head,
    fields: config.limits.fields,
  };
  const { policyStates } = ctx.resources;
  // First, since a policy may refuse its options.
  const common = compilePolicies(
    config.policies,
    { name: 'gateway', pattern: '/*', before: 0 },
    ctx.policies,
    policyStates,
  );
  const own = config.routes.map(({ name, match, policies }) => {
    const owner = { name: `route ${name}`, pattern: match.path, before: common.length };
    return compilePolicies(policies, owner, ctx.policies, policyStates);
  });
  const upstreams = new Map<string, Upstream>();
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    upstreams.set(
      name,
      compileUpstream({ name, upstream, program, resources: ctx.resources, logger: ctx.policies.host.logger }),
    );
  }
  const commonPhases = sortIntoPhases(common);
  const destinations = new Map([...upstreams].map(([name, upstream]) => [name, toUpstream(upstream)]));
  const routes = config.routes.map((route, at) => {
    const its = own[at] ?? [];
    return compileRoute(route, {
      destinations,
      slot: slotOf(slots.routes, route.name),
      policies: its.length === 0 ? commonPhases : sortIntoPhases([...common, ...its]),
      random: ctx.resources.random,
    });
  });
  return Object.freeze({
    version: program.version,
    listeners: config.listeners.map((listener) => listener.address),
    gatewayPaths: compileGatewayPaths(program, ctx),
    router: new Router(routes),
    headLimits,
    connectionsPerClient: config.limits.connections_per_client ?? 0,
    requestsPerClient: config.limits.requests_per_client ?? 0,
    clientTimeouts: {
      headMs: config.limits.head_timeout,
      bodyIdleMs: config.limits.body_idle_timeout,
      keepAliveMs: config.limits.keep_alive_timeout,
    },
    maximumBody: config.limits.body ?? Infinity,
    trustedProxies: config.trusted_proxies.length === 0 ? null : createCidrSet(config.trusted_proxies),
  });
}

function compileUpstream(init: {
  name: string;
  upstream: UpstreamConfig;
  program: Program<Config>;
  resources: Resources;
  logger: Logger;
}): Upstream {
  const { name, upstream, program, resources, logger } = init;
  const options = compilePoolOptions(upstream);
  const slot = slotOf(program.slots.upstreams, name);
  const targets = upstream.targets.map(({ url, host, port, weight }): Target => {
    const key = `${name} ${url}`;
    const authority = new URL(url).host;
    return {
      url,
      authority,
      hostLine: `Host: ${authority}\r\n`,
      backendLine: `X-Backend: ${authority}\r\n`,
      weight,
      slot: slotOf(program.slots.targets, key),
      pool: resources.pool(key, { host, port }, options),
    };
  });
  return new Upstream({
    name,
    slot,
    targets,
    timeouts: {
      connectMs: upstream.timeouts.connect,
      responseMs: upstream.timeouts.response,
      idleMs: upstream.timeouts.idle,
      waitMs: upstream.pool.wait_timeout,
    },
    internal: false,
    breaker: compileBreaker(upstream, slot, resources),
    retry: compileRetry(upstream, slot, resources),
    ...compileBalancing({ name, upstream, slot, targets, resources, logger }),
  });
}

function compileBreaker({ breaker }: UpstreamConfig, slot: number, resources: Resources): Breaker | null {
  if (breaker === false) return null;
  return resources.breaker(slot, {
    maxFailures: breaker.max_failures,
    resetTimeoutMs: breaker.reset_timeout,
    halfOpenRequests: breaker.half_open_requests,
    successThreshold: breaker.success_threshold,
  });
}

function compileRetry({ retry }: UpstreamConfig, slot: number, resources: Resources): RetryRules | null {
  if (retry === false || retry.attempts === 0) return null;
  const { methods } = defaultRetryOptions;
  return {
    options: {
      ...defaultRetryOptions,
      attempts: retry.attempts,
      initialDelayMs: retry.initial_delay,
      maxDelayMs: retry.max_delay,
      multiplier: retry.multiplier,
      jitter: retry.jitter,
      bodyLimitBytes: retry.body_limit,
      methods: retry.unsafe_methods ? [...methods, 'POST', 'PATCH'] : methods,
    },
    deadlineMs: retry.deadline,
    budget: resources.retryBudget(slot, { ...defaultRetryBudget, share: retry.budget }),
  };
}

function compilePoolOptions(upstream: UpstreamConfig): PoolOptions {
  return {
    maximumConnections: upstream.pool.max_connections,
    maximumIdle: upstream.pool.max_idle,
    idleTimeoutMs: upstream.pool.idle_timeout,
    maximumWaiting: upstream.pool.max_waiting,
    connectTimeoutMs: upstream.timeouts.connect,
    responseLimits: defaultHeadLimits,
  };
}

/** The gateway's own endpoints, which the control thread serves as if it were one more target. */
function compileGatewayPaths(program: Program<Config>, ctx: CompileContext): PathTrie<Route> {
  const views = internalUpstream('gateway', ctx);
  // Whoever is slow with the body of an admin request holds a connection, and shall hold none that a probe needs.
  const admin = internalUpstream('gateway-admin', ctx);
  const routes = gatewayPaths(ownPaths(program.config)).map(({ name, pattern }): Route => {
    const upstream = pattern.startsWith('/admin') ? admin : views;
    const slot = slotOf(program.slots.routes, name);
    return {
      slot,
      internal: true,
      destination: toUpstream(upstream),
      rewrite: null,
      mirror: null,
      policies: noPolicies,
      name,
      path: pattern,
      host: undefined,
      methods: undefined,
      headers: {},
      query: {},
    };
  });
  return new PathTrie(routes);
}

function internalUpstream(name: string, ctx: CompileContext): Upstream {
  const options: PoolOptions = {
    maximumConnections: 64,
    maximumIdle: 8,
    idleTimeoutMs: 10_000,
    maximumWaiting: 1_024,
    connectTimeoutMs: 2_000,
    responseLimits: defaultHeadLimits,
  };
  const target: Target = {
    url: 'unix:gateway',
    authority: 'localhost',
    hostLine: 'Host: localhost\r\n',
    backendLine: '',
    weight: 1,
    slot: 0,
    pool: ctx.resources.pool(name, { socketPath: ctx.gatewaySocket }, options),
  };
  return new Upstream({
    name,
    slot: -1,
    targets: [target],
    timeouts: { connectMs: 2_000, responseMs: 10_000, idleMs: 10_000, waitMs: 2_000 },
    internal: true,
    breaker: null,
    retry: null,
    ...alwaysTheSame(target, ctx.resources),
  });
}

function ownPaths({ admin }: Config): GatewayPathSelection {
  return admin?.address === 'main' ? admin.endpoints : 'probes';
}

function slotOf(slots: Readonly<Record<string, number>>, name: string): number {
  const slot = slots[name];
  if (slot === undefined) throw new Error(`no slot is assigned to ${name}`);
  return slot;
}

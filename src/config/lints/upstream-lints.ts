import { formatDuration } from '../../lib/duration.ts';
import type { Config, RouteConfig, UpstreamConfig } from '../schema.ts';
import type { Lint } from './lint.ts';

export const unusedUpstream: Lint = {
  number: 'SL002',
  title: 'an upstream that no route sends anything to',
  *find({ config }) {
    const used = new Set(config.routes.flatMap(upstreamsOf));
    for (const name of Object.keys(config.upstreams)) {
      if (used.has(name)) continue;
      const message = 'no route sends anything here: name it in a route, or remove it';
      yield { path: ['upstreams', name], message, part: 'key' };
    }
  },
};

function upstreamsOf({ upstream, split, mirror }: RouteConfig): string[] {
  return [upstream, mirror?.upstream, ...(split ?? []).map((share) => share.upstream)].filter(
    (name) => name !== undefined,
  );
}

/**
 * What these are where nobody has said anything: they do not go together, but a client rarely waits so long. Whoever asks
 * for fewer attempts has made it no worse.
 */
const usualAttempts = 3;
const usualDeadlineMs = 60_000;
const usualResponseMs = 30_000;

export const lateRetries: Lint = {
  number: 'SL004',
  title: 'retries that the deadline leaves no time for',
  *find({ config }) {
    for (const [name, { retry, timeouts }] of Object.entries(config.upstreams)) {
      if (retry === false || retry.attempts === 0) continue;
      const { attempts, deadline } = retry;
      const isUsual = deadline === usualDeadlineMs && timeouts.response === usualResponseMs;
      if (isUsual && attempts <= usualAttempts) continue;
      const begun = countRetries(retry, timeouts.response);
      if (begun >= attempts) continue;
      const response = formatDuration(timeouts.response);
      yield {
        path: ['upstreams', name, 'retry'],
        message:
          `where a target does not answer within ${response} (timeouts.response), ${describeCount(begun, attempts)} ` +
          `within the ${formatDuration(deadline)} of "deadline": lower timeouts.response or attempts, or raise deadline`,
        part: 'key',
      };
    }
  },
};

/** The retries that begin before the deadline where every attempt lasts as long as it may. */
function countRetries(retry: Exclude<UpstreamConfig['retry'], false>, responseMs: number): number {
  let elapsedMs = 0;
  let delayMs = retry.initial_delay;
  for (let begun = 0; begun < retry.attempts; begun += 1) {
    elapsedMs += responseMs + Math.min(delayMs, retry.max_delay);
    if (elapsedMs > retry.deadline) return begun;
    delayMs *= retry.multiplier;
  }
  return retry.attempts;
}

function describeCount(begun: number, attempts: number): string {
  if (begun === 0) return attempts === 1 ? 'the retry does not begin' : `none of the ${attempts} retries begins`;
  return begun === 1 ? `only one of the ${attempts} retries begins` : `only ${begun} of the ${attempts} retries begin`;
}

export const longHealthCheck: Lint = {
  number: 'SL010',
  title: 'a health check that may last longer than the time until the next one',
  *find({ config }) {
    for (const [name, { health }] of Object.entries(config.upstreams)) {
      if (health === false || health.timeout <= health.interval) continue;
      yield {
        path: ['upstreams', name, 'health', 'timeout'],
        message:
          `a check may last ${formatDuration(health.timeout)}, and the next one is due after ` +
          `${formatDuration(health.interval)} ("interval"): a target that hangs is noticed late`,
      };
    }
  },
};

export const mirrorToItself: Lint = {
  number: 'SL012',
  title: 'a mirror that is where the requests go anyway',
  *find({ config }) {
    for (const [index, route] of config.routes.entries()) {
      if (route.mirror === undefined || !destinationsOf(route).includes(route.mirror.upstream)) continue;
      const message = 'the requests of this route go there anyway, so that its targets get them twice';
      yield { path: ['routes', index, 'mirror', 'upstream'], message };
    }
  },
};

function destinationsOf({ upstream, split = [] }: Config['routes'][number]): string[] {
  return [...(upstream === undefined ? [] : [upstream]), ...split.map((share) => share.upstream)];
}

export const loneOutlier: Lint = {
  number: 'SL013',
  title: 'outliers of an upstream with one target',
  *find({ config }) {
    for (const [name, { outliers, targets }] of Object.entries(config.upstreams)) {
      if (outliers === false || targets.length > 1) continue;
      const message = 'the only target would be left out, and nothing is served then: use the breaker alone';
      yield { path: ['upstreams', name, 'outliers'], message, part: 'key' };
    }
  },
};

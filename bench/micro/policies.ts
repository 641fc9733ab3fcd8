import { do_not_optimize as keep } from 'mitata';
import type { PolicyHost } from '../../src/core/policy.ts';
import type { Consumer } from '../../src/core/ports.ts';
import { JudgedRequest } from '../../src/data-plane/judged-request.ts';
import { defaultHeadLimits } from '../../src/http1/limits.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { writeLatin1 } from '../../src/lib/latin1.ts';
import { turnClock } from '../../src/lib/turn-clock.ts';
import { apiKey } from '../../src/policies/api-key.ts';
import { ipDeny } from '../../src/policies/ip-lists.ts';
import { rateLimit } from '../../src/policies/rate-limit.ts';
import { createSharedState } from '../../src/state/layout.ts';
import { SharedLimiters } from '../../src/state/shared-limiter.ts';
import type { MicroCase } from './micro-case.ts';
import { requestWithKey } from './sample-messages.ts';

const consumer: Consumer = { id: 'id-1', name: 'app', rateLimit: null, permissions: [] };
const deniedRanges = 10_000;

/** What the policies of a request cost that they all let by. */
export function policyCases(): MicroCase[] {
  const state = createSharedState({ workers: 1, routes: 8, upstreams: 4, targets: 8, series: 256 });
  const limiters = new SharedLimiters(state, 0);
  const host = (scope: string): PolicyHost => ({
    scope,
    pattern: '/*',
    clock: turnClock,
    logger: { log: () => {} },
    keys: { find: () => consumer },
    limiters,
    state: (create) => create(),
  });
  // So large that no take is refused.
  const limit = { tokens: 60_000_000, periodMs: 60_000 };
  const common = { limit, burst: 1_000_000_000, anonymous_only: false, shadow: false };
  const key = apiKey.create({ required: false, bearer: true, forward: false }, host('key'));
  const byKey = rateLimit.create({ ...common, by: 'key' }, host('by key'));
  const byIp = rateLimit.create({ ...common, by: 'ip' }, host('by ip'));
  const anonymous = rateLimit.create({ ...common, by: 'ip', anonymous_only: true }, host('anonymous'));
  const ranges = Array.from({ length: deniedRanges }, (_, at) => `10.${at >> 8}.${at & 255}.0/25`);
  const deny = ipDeny.create({ ranges, shadow: false }, host('deny'));
  return [
    judge('api_key, rate_limit of anonymous requests, rate_limit by key', [key, anonymous, byKey]),
    judge('api_key, rate_limit by ip, rate_limit by key', [key, byIp, byKey]),
    judge(`ip_deny of ${deniedRanges.toLocaleString('en-GB')} ranges`, [deny]),
  ];
}

function judge(what: string, policies: readonly ReturnType<typeof apiKey.create>[]): MicroCase {
  const parser = new RequestParser(defaultHeadLimits);
  parser.feed(requestWithKey, 0, requestWithKey.length);
  const request = new JudgedRequest(parser.head);
  const roles = [...parser.head.roles];
  const memory = Buffer.alloc(4_096);
  return {
    name: `Policies: ${what}`,
    call: () => {
      turnClock.refresh();
      request.resetJudgement('192.0.2.177', Infinity);
      // The key was hidden.
      for (const [at, role] of roles.entries()) parser.head.roles[at] = role;
      for (const policy of policies) keep(policy.onRequest?.(request));
      writeLatin1(memory, request.responseFields, 0);
      keep(memory);
    },
  };
}

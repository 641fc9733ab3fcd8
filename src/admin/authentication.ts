import { LRUCache } from 'lru-cache';
import type { Context, MiddlewareHandler } from 'hono';
import type { Clock, Logger } from '../core/ports.ts';
import { ipNetwork } from '../lib/ip-network.ts';
import { refuse, type AdminEnv } from './admin-env.ts';
import { ExpectedCredentials, parseBasicCredentials, type BasicCredentials } from '../lib/basic-credentials.ts';
import { FailedAttempts } from '../core/failed-attempts.ts';
import { memoise } from './memoise.ts';

export interface AuthenticationParts {
  /** The credentials as they are now; undefined where everybody is let in. */
  readonly expected: () => BasicCredentials | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const challenge = 'Basic realm="sluice admin", charset="UTF-8"';
/** Requests without credentials guess nothing; a monitor that sends them is told of once in this time. */
const quietMs = 60_000;
const mostQuietNetworks = 1_000;

/**
 * Lets in who sends the expected credentials by HTTP Basic authentication (RFC 7617). Each wrong attempt is logged with
 * the client's IP and counted against its network; one that has to wait gets 429 whatever it sends, since another answer
 * for the right password would make guessing worthwhile.
 */
export function requireCredentials({ expected, clock, logger }: AuthenticationParts): MiddlewareHandler<AdminEnv> {
  const readCredentials = memoise((known: BasicCredentials) => new ExpectedCredentials(known));
  const attempts = new FailedAttempts(clock);
  const toldMissing = new LRUCache<string, number>({ max: mostQuietNetworks });

  const tell = (ctx: Context<AdminEnv>, reason: string, counted: { failures?: number; waitMs?: number } = {}) => {
    const { clientIp, requestId } = ctx.var;
    logger.log('warn', 'admin credentials were refused', { clientIp, reason, ...counted, requestId });
  };
  const tellMissing = (ctx: Context<AdminEnv>, network: string) => {
    const toldAtMs = toldMissing.get(network) ?? -Infinity;
    if (clock.now() - toldAtMs < quietMs) return;
    toldMissing.set(network, clock.now());
    tell(ctx, 'none were sent');
  };

  return async (ctx, next) => {
    const known = expected();
    if (known === undefined) return await next();
    const network = ipNetwork(ctx.var.clientIp);
    const field = ctx.req.header('Authorization');
    if (field === undefined) {
      tellMissing(ctx, network);
      return refuseCredentials(ctx);
    }
    const waitMs = attempts.waitMs(network);
    if (waitMs > 0) return refuseForNow(ctx, waitMs);
    const given = parseBasicCredentials(field);
    if (given !== null && readCredentials(known).matches(given)) {
      attempts.forget(network);
      return await next();
    }
    tell(ctx, given === null ? 'they are not well-formed' : 'they are wrong', attempts.countFailure(network));
    return refuseCredentials(ctx);
  };
}

function refuseCredentials(ctx: Context<AdminEnv>): Response {
  const response = refuse(ctx, 'admin_unauthorized');
  response.headers.set('WWW-Authenticate', challenge);
  return response;
}

function refuseForNow(ctx: Context<AdminEnv>, waitMs: number): Response {
  const response = refuse(ctx, 'too_many_attempts');
  response.headers.set('Retry-After', String(Math.ceil(waitMs / 1_000)));
  return response;
}

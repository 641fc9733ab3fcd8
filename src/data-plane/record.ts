import { errorCodes } from '../core/error-codes.ts';
import { methodIndex } from '../state/counters.ts';
import { accessLine } from '../telemetry/access-line.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { PolicyExchange } from '../core/policy.ts';
import type { BodyReader } from '../http1/body-reader.ts';
import { holdRefused, holdUncounted, type Hold } from '../state/client-holds.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import type { Target } from '../upstream/target.ts';
import type { ClientResponse } from './client-response.ts';
import { logPolicyFailure } from './policy-failure.ts';
import type { WorkerContext } from './worker-context.ts';

/** A request as the books see it. */
export interface RecordedExchange extends PolicyExchange {
  readonly ctx: WorkerContext;
  readonly route: Route | null;
  readonly requestBody: BodyReader;
  readonly response: ClientResponse;
  readonly forward: { readonly target: Target | null; readonly retries: number };
  readonly errorCode: ErrorCode | null;
  readonly shadowRefusal: ErrorCode | null;
  readonly requestId: string;
  readonly snapshot: Snapshot;
  startedAt: number;
  /** What the client holds with it. */
  hold: Hold;
}

/** The books: what is counted and logged of a request, when it begins and when its fate is known. */
export function recordBegin(exchange: RecordedExchange): void {
  exchange.startedAt = exchange.ctx.clock.now();
  exchange.ctx.counters.add('inFlight', 1);
}

/** Counts the request as one that its client has under way. Returns false where the client has as many as it may. */
export function holdRequest(exchange: RecordedExchange): boolean {
  const most = exchange.snapshot.requestsPerClient;
  if (most === 0) return true;
  exchange.hold = exchange.ctx.holds.take('request ', exchange.clientNetwork, most);
  return exchange.hold !== holdRefused;
}

export function recordEnd(exchange: RecordedExchange): void {
  const { ctx, head, response, route } = exchange;
  const slot = route?.slot ?? 0;
  const status = response.started ? response.status : errorCodes[exchange.errorCode ?? 'client_closed'].status;
  const durationMs = ctx.clock.now() - exchange.startedAt;
  ctx.counters.add('inFlight', -1);
  if (exchange.hold >= 0) {
    ctx.holds.giveBack(exchange.hold);
    exchange.hold = holdUncounted;
  }
  ctx.counters.countRequest(slot, methodIndex(head.method), status);
  ctx.histograms.recordRequest(slot, durationMs * 1000);
  if (exchange.errorCode !== null) ctx.counters.countRefusal(slot, exchange.errorCode);
  if (exchange.shadowRefusal !== null) ctx.counters.countShadowRefusal(slot, exchange.shadowRefusal);
  if (exchange.errorCode === 'malformed_request' || exchange.errorCode === 'not_plain_http') {
    ctx.counters.add('parseRefusals', 1);
  }
  if (route !== null) {
    for (const { name, policy } of route.policies.onFinish) {
      try {
        policy.onFinish?.(exchange);
      } catch (error) {
        logPolicyFailure(ctx, { policy: name, requestId: exchange.requestId, error });
      }
    }
  }
  if (ctx.accessLog !== null) ctx.accessLog.append(describe(exchange, status, durationMs));
}

function describe(exchange: RecordedExchange, status: number, durationMs: number): string {
  const { ctx, head, forward } = exchange;
  return accessLine({
    wallTimeMs: ctx.clock.wallTime() - durationMs,
    method: head.method,
    path: exchange.path === '' ? head.path : exchange.path,
    clientIp: exchange.clientIp,
    apiKey: exchange.consumer?.name ?? '',
    status,
    durationMs,
    backend: exchange.route?.internal === true ? '' : (forward.target?.url ?? ''),
    error: exchange.errorCode ?? '',
    requestId: exchange.requestId,
    route: exchange.routeName,
    bytesIn: exchange.requestBody.received,
    bytesOut: exchange.response.bodyBytes,
    retries: forward.retries,
    shadow: exchange.shadowRefusal ?? '',
  });
}

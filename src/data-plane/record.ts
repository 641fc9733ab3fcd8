import { errorCodes } from '../core/error-codes.ts';
import { methodIndex, scalarWord } from '../state/counters.ts';
import { AccessLine } from '../telemetry/access-line.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { PolicyExchange } from '../core/policy.ts';
import type { BodyReader } from '../http1/body-reader.ts';
import { holdRefused, holdUncounted, type Hold } from '../state/client-holds.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import type { Target } from '../upstream/target.ts';
import type { ClientResponse } from './client-response.ts';
import { logPolicyFailure } from './policy-failure.ts';
import type { WorkerContext } from './worker-context.ts';

/** One for all requests of the thread, as each line is made from the one before. */
const accessLine = new AccessLine();

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
  exchange.ctx.counters.add(scalarWord.inFlight, 1);
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
  ctx.counters.add(scalarWord.inFlight, -1);
  if (exchange.hold >= 0) {
    ctx.holds.giveBack(exchange.hold);
    exchange.hold = holdUncounted;
  }
  ctx.counters.countRequest(slot, methodIndex(head.method), status);
  ctx.histograms.recordRequest(slot, durationMs * 1000);
  if (exchange.errorCode !== null) countRefusal(ctx, slot, exchange.errorCode);
  if (exchange.shadowRefusal !== null) ctx.counters.countShadowRefusal(slot, exchange.shadowRefusal);
  if (route !== null) {
    for (const { name, policy } of route.policies.onFinish) {
      try {
        policy.onFinish?.(exchange);
      } catch (error) {
        logPolicyFailure(ctx, { policy: name, requestId: exchange.requestId, error });
      }
    }
  }
  if (ctx.accessLog !== null) {
    accessLine.write(exchange, status, durationMs, ctx.clock.wallTime() - durationMs);
    ctx.accessLog.append(accessLine.memory, accessLine.length);
  }
}

function countRefusal({ counters }: WorkerContext, slot: number, code: ErrorCode): void {
  counters.countRefusal(slot, code);
  if (code === 'malformed_request' || code === 'not_plain_http') counters.add(scalarWord.parseRefusals, 1);
}

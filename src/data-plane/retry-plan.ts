import type { ResponseHead } from '../core/response-head.ts';
import { mayRepeat, parseRetryAfter, retryDelayMs } from '../upstream/retry.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import type { RequestSender } from './request-sender.ts';

/** What a decision about another try depends on. */
export interface RetryQuestion {
  readonly upstream: Upstream;
  readonly exchange: Pick<ForwardedExchange, 'head' | 'startedAt' | 'ctx'>;
  readonly sender: Pick<RequestSender, 'anyByteSent' | 'repeatable'>;
  /** How many retries there were. */
  readonly retries: number;
  /** What the target asks for, if it does. */
  readonly retryAfterMs: number | null;
}

/** How long to wait before the request is sent again, taking it out of the budget; -1 where it is not sent again. */
export function planRetry({ upstream, exchange, sender, retries, retryAfterMs }: RetryQuestion): number {
  const rules = upstream.retry;
  if (rules === null || retries >= rules.options.attempts || !sender.repeatable) return -1;
  if (!mayRepeat(exchange.head.method, sender.anyByteSent, rules.options)) return -1;
  const delayMs = retryDelayMs(retries, rules.options, exchange.ctx.random(), retryAfterMs);
  const ageMs = exchange.ctx.clock.now() - exchange.startedAt;
  return ageMs + delayMs > rules.deadlineMs || !rules.budget.takeRetry() ? -1 : delayMs;
}

/** Whether an answer is of a kind that another try may better. */
export function isReasonToRetry(upstream: Upstream, head: ResponseHead): boolean {
  return upstream.retry?.options.statuses.includes(head.status) === true;
}

/** What an answer asks a client to wait for, in milliseconds; null where it does not. */
export function askedDelayMs(head: ResponseHead, wallTimeMs: number): number | null {
  const value = head.get('retry-after');
  return value === undefined ? null : parseRetryAfter(value, wallTimeMs);
}

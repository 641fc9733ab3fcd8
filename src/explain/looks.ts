import { AsyncLocalStorage } from 'node:async_hooks';
import type { LimitFinding } from '../core/explanation.ts';
import type { Consumer, KeyLookup, Limiter, LimiterFactory, LimitVerdict, TokenLimit } from '../core/ports.ts';

/** What the policies of one request have looked at so far. */
export interface LookBook {
  readonly limits: LimitFinding[];
  /** What was looked up as an API key. */
  readonly secrets: string[];
}

export function createLookBook(): LookBook {
  return { limits: [], secrets: [] };
}

/**
 * Keeps a book of what policies look at. Policies are made once for all requests and are asked for several at a time, so
 * whose book it is follows from where they were called.
 */
export class Looks {
  readonly #books = new AsyncLocalStorage<LookBook>();

  /** Whatever is looked at within `work`, and after what it awaits, is written into `book`. */
  within<Result>(book: LookBook, work: () => Result): Result {
    return this.#books.run(book, work);
  }

  /** The same limiters, watched. */
  limiters(inner: LimiterFactory): LimiterFactory {
    return { create: (scope, limit) => this.#watch(inner.create(scope, limit), limit) };
  }

  /** The same keys, watched. */
  keys(inner: KeyLookup): KeyLookup {
    return {
      find: (secret, nowMs): Consumer | null | Promise<Consumer | null> => {
        this.#books.getStore()?.secrets.push(secret);
        return inner.find(secret, nowMs);
      },
    };
  }

  #watch(inner: Limiter, usual: TokenLimit): Limiter {
    return {
      take: (subject, limit = usual) => {
        const book = this.#books.getStore();
        const note = (verdict: LimitVerdict): LimitVerdict => {
          book?.limits.push(describeLimit(subject, limit, verdict));
          return verdict;
        };
        const verdict = inner.take(subject, limit);
        return verdict instanceof Promise ? verdict.then(note) : note(verdict);
      },
    };
  }
}

function describeLimit(subject: string, { burst, emissionMicros }: TokenLimit, verdict: LimitVerdict): LimitFinding {
  return {
    subject,
    burst,
    token_ms: emissionMicros / 1000,
    allowed: verdict.allowed,
    remaining: verdict.remaining,
    full_after_ms: verdict.resetAfterMs,
    retry_after_ms: verdict.retryAfterMs,
  };
}

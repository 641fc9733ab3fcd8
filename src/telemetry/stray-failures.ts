import type { Logger } from '../core/ports.ts';
import { beganInUserModule } from '../lib/user-module.ts';

/** So many different failures are told in a second; there may be one for each request. */
const mostTexts = 20;
const windowMs = 1_000;

/** The part of `process` that failures come from which nobody handles. */
export interface FailureSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
}

export interface StrayFailuresInit {
  readonly source: FailureSource;
  readonly logger: Logger;
  /** In milliseconds, from any start. */
  readonly now: () => number;
  /** Ends the thread as one ends that has a defect. */
  readonly end: (error: unknown) => void;
}

/**
 * Keeps a thread alive when a module of the user's, such as a policy, leaves a promise rejected or throws where nobody
 * catches: that is told to the log, the same text once a second at most. An exception that came out of the gateway's own
 * code ends the thread, since its state may be broken.
 */
export function watchStrayFailures({ source, logger, now, end }: StrayFailuresInit): void {
  let told = new Set<string>();
  let sinceMs = -Infinity;
  const tell = (message: string, error: unknown) => {
    if (now() - sinceMs >= windowMs) {
      told = new Set();
      sinceMs = now();
    }
    const reason = describeFailure(error);
    if (told.has(reason) || told.size >= mostTexts) return;
    told.add(reason);
    logger.log('error', message, { reason });
  };
  source.on('unhandledRejection', (error) => tell('a promise was rejected and nobody handled it', error));
  source.on('uncaughtException', (error) => {
    if (isOfUser(error)) tell('a module of your own threw where nobody catches', error);
    else end(error);
  });
}

/** The gateway and Node.js throw nothing but errors. */
function isOfUser(error: unknown): boolean {
  return !(error instanceof Error) || beganInUserModule(stackOf(error));
}

function describeFailure(error: unknown): string {
  if (error instanceof Error) return stackOf(error);
  try {
    return String(error);
  } catch {
    return `something of the type ${typeof error}`;
  }
}

/** Whoever throws may have made the error as they like. */
function stackOf(error: Error): string {
  try {
    const { stack, message } = error;
    return typeof stack === 'string' ? stack : message;
  } catch {
    return 'an error that cannot be read';
  }
}

import { planRequests, plannedCount, type ExpectedStatus, type PlanOptions } from './plan.ts';
import { createSender, UnreachableError, type Answer } from './send.ts';

/** One request and what became of it. */
export interface Outcome extends Answer {
  /** From 1, in the order of sending. */
  readonly index: number;
  readonly label: string;
  readonly expected: ExpectedStatus;
  /** Whether the status is the expected one. */
  readonly met: boolean;
}

export interface RunOptions extends PlanOptions {
  readonly endpoint: URL;
  readonly timeoutMs: number;
  /** Aborting it ends the run with the requests that are done. */
  readonly signal: AbortSignal;
  /** Called after each request. */
  onOutcome(outcome: Outcome, total: number): void;
}

export interface RunResult {
  readonly outcomes: readonly Outcome[];
  readonly elapsedMs: number;
  /** Why the run ended before its last request: one line, or null. */
  readonly stopped: string | null;
}

/** Sends the requests of a command one after the other. Does not reject for anything that the network does. */
export async function runClient(options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const sender = createSender(options);
  const total = plannedCount(options);
  const outcomes: Outcome[] = [];
  let stopped: string | null = null;
  try {
    for (const planned of planRequests(options)) {
      const answer = await sender.send(planned);
      const { label, expected } = planned;
      const met = meets(answer.status, expected);
      const outcome = { ...answer, index: outcomes.length + 1, label, expected, met };
      outcomes.push(outcome);
      options.onOutcome(outcome, total);
    }
  } catch (error) {
    if (error instanceof UnreachableError) stopped = error.message;
    else if (options.signal.aborted) stopped = `Interrupted after ${outcomes.length} of ${total} requests.`;
    else throw error;
  } finally {
    sender.close();
  }
  return { outcomes, elapsedMs: performance.now() - started, stopped };
}

function meets(status: number | null, expected: ExpectedStatus): boolean {
  if (status === null) return false;
  if (expected === '2xx') return status >= 200 && status < 300;
  return expected === 'any' || status === 401;
}

import type { ClientCommand } from './plan.ts';
import type { Outcome, RunResult } from './run.ts';

export interface Summary {
  /** Status → number of answers with it, lowest status first; requests without an answer are under `none`. */
  readonly statuses: ReadonlyMap<string, number>;
  /** Backend → number of answers that name it, by name. */
  readonly backends: ReadonlyMap<string, number>;
  /** Milliseconds over all answers, by nearest rank; null when there was none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export function summarise(outcomes: readonly Outcome[]): Summary {
  const timesMs = outcomes.flatMap(({ status, timeMs }) => (status === null ? [] : [timeMs])).toSorted((a, b) => a - b);
  return {
    statuses: countBy(outcomes.map(({ status }) => (status === null ? 'none' : String(status)))),
    backends: countBy(outcomes.flatMap(({ backend }) => (backend === null ? [] : [backend]))),
    p50Ms: percentile(timesMs, 50),
    p95Ms: percentile(timesMs, 95),
    p99Ms: percentile(timesMs, 99),
  };
}

/** The smallest value that at least `percent` of the ascending values do not exceed; null of none. */
export function percentile(ascending: readonly number[], percent: number): number | null {
  const rank = Math.max(1, Math.ceil((percent * ascending.length) / 100));
  return ascending[rank - 1] ?? null;
}

function countBy(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Map([...counts].toSorted(([left], [right]) => left.localeCompare(right, 'en', { numeric: true })));
}

export interface Verdict {
  readonly ok: boolean;
  /** One sentence: what was expected and what was seen. */
  readonly text: string;
}

/** Whether a run showed what its command is there to show. */
export function judge(command: ClientCommand, { outcomes, stopped }: RunResult): Verdict {
  if (stopped !== null) return { ok: false, text: stopped };
  if (command === 'rate-limit') return judgeRateLimit(outcomes);
  const missed = outcomes.filter(({ met }) => !met);
  const [first] = missed;
  if (first === undefined) return { ok: true, text: 'Every answer was as expected.' };
  const about = first.label === '' ? '' : ` (${first.label})`;
  const seen = first.status === null ? 'got no answer' : `got ${first.status}`;
  const example = `request ${first.index}${about} expected ${first.expected} and ${seen}`;
  return { ok: false, text: `${missed.length} of ${outcomes.length} requests went otherwise: ${example}.` };
}

function judgeRateLimit(outcomes: readonly Outcome[]): Verdict {
  const limited = outcomes.find(({ status }) => status === 429);
  if (limited !== undefined)
    return { ok: true, text: `The limit bit: the first 429 was the answer to request ${limited.index}.` };
  return {
    ok: false,
    text: `No 429 within ${outcomes.length} requests: there is no limit, or it is higher; --count sends more.`,
  };
}

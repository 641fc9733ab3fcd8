const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const term = /(\d+(?:\.\d+)?)(ms|s|m|h)/y;

/**
 * Reads a duration such as `250ms`, `10s`, `1m`, `1.5s` or `1h30m` (units from large to small, each at most once).
 *
 * @returns whole milliseconds, or undefined when the text is not a duration or not a whole number of milliseconds
 */
export function parseDuration(text: string): number | undefined {
  let totalMs = 0;
  let previousUnitMs = Number.POSITIVE_INFINITY;
  term.lastIndex = 0;
  let offset = 0;
  while (offset < text.length) {
    const match = term.exec(text);
    if (match === null) return undefined;
    const oneUnitMs = unitMs[match[2] ?? ''] ?? Number.NaN;
    if (!(oneUnitMs < previousUnitMs)) return undefined;
    previousUnitMs = oneUnitMs;
    totalMs += Number(match[1]) * oneUnitMs;
    offset = term.lastIndex;
  }
  if (offset === 0) return undefined;
  const wholeMs = Math.round(totalMs);
  // Decimal fractions are not exact in binary: 1.001 s is 1000.9999999999999 ms.
  if (Math.abs(wholeMs - totalMs) > 1e-6 || !Number.isSafeInteger(wholeMs)) return undefined;
  return wholeMs;
}

/** Writes milliseconds in the form that `parseDuration` reads, in the largest unit that needs no fraction. */
export function formatDuration(durationMs: number): string {
  for (const unit of ['h', 'm', 's']) {
    const oneUnitMs = unitMs[unit] ?? 1;
    if (durationMs >= oneUnitMs && durationMs % oneUnitMs === 0) return `${durationMs / oneUnitMs}${unit}`;
  }
  return `${durationMs}ms`;
}

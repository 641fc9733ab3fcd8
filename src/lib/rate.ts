const periodsMs: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};

/** Reads `100/min` or `5/s` to a number in a period of milliseconds; undefined for anything else. */
export function parseRate(text: string): { tokens: number; periodMs: number } | undefined {
  const match = /^(\d{1,12})\s*\/\s*([a-z]+)$/.exec(text.trim());
  const periodMs = periodsMs[match?.[2] ?? ''];
  const tokens = Number(match?.[1]);
  return periodMs === undefined || !(tokens >= 1) ? undefined : { tokens, periodMs };
}

const shortPeriods: Readonly<Record<number, string>> = { 1_000: 's', 60_000: 'min', 3_600_000: 'h', 86_400_000: 'd' };

/** `100/min`, as `parseRate` reads it. */
export function formatRate({ tokens, periodMs }: { readonly tokens: number; readonly periodMs: number }): string {
  return `${tokens}/${shortPeriods[periodMs] ?? `${periodMs}ms`}`;
}

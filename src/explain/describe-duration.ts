/** Milliseconds as a person says them: `250 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`. */
export function describeDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${round(milliseconds, 1)} ms`;
  if (milliseconds < 60_000) return `${round(milliseconds / 1_000, 1)} s`;
  if (milliseconds < 3_600_000) return inTwo(Math.round(milliseconds / 1_000), 'min', 's');
  return inTwo(Math.round(milliseconds / 60_000), 'h', 'min');
}

function inTwo(small: number, largeUnit: string, smallUnit: string): string {
  const rest = small % 60;
  return `${Math.floor(small / 60)} ${largeUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

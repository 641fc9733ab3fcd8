/** What is guarded, in units of something that never changes, measured in the same run. */
export interface Costs {
  /** Parsing heads, in units of a fixed piece of work. */
  readonly parser: number;
  /** The whole path of a request that is passed on, in units of what passing bytes on costs in Node.js. */
  readonly passing: number;
  /** The same with a key, limits, metrics and an access log. */
  readonly policies: number;
}

export const costNames = ['parser', 'passing', 'policies'] as const satisfies readonly (keyof Costs)[];

/** A cost may be so many times what it was. */
export const allowedGrowth = 1.1;

const note = /^Performance-note: *\S/m;

/** Those that have grown by too much in every one of the measurements: what is slow only now and then is the machine. */
export function findGrown(baseline: Costs, measured: readonly Costs[]): (keyof Costs)[] {
  if (measured.length === 0) return [];
  return costNames.filter((name) => measured.every((costs) => costs[name] > baseline[name] * allowedGrowth));
}

/** Whether the message of a commit says why something may cost more. */
export function hasNote(message: string): boolean {
  return note.test(message);
}

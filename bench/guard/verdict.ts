/** What is guarded; null where it was not measured. */
export interface Costs {
  /** Instructions that parsing three heads takes. */
  readonly parser: number | null;
  /** Instructions that a request takes in the data plane, with a key, limits, metrics and a line for the access log. */
  readonly path: number | null;
  /**
   * Processor time of a request that is passed on, in units of what passing its bytes on costs in Node.js, measured in
   * the same run.
   */
  readonly passing: number | null;
  /** The same with a key, limits, metrics and an access log. */
  readonly policies: number | null;
}

export const costNames = ['parser', 'path', 'passing', 'policies'] as const satisfies readonly (keyof Costs)[];

/** A cost may be so many times what it was. */
export const allowedGrowth = 1.1;

const note = /^Performance-note: *\S/m;

/** Those that have grown by too much in every one of the measurements: what is slow only now and then is the machine. */
export function findGrown(baseline: Costs, measured: readonly Costs[]): (keyof Costs)[] {
  if (measured.length === 0) return [];
  return costNames.filter((name) => measured.every((costs) => growthOf(costs[name], baseline[name]) > allowedGrowth));
}

/** How many times the baseline something costs; 1 where either is not known. */
export function growthOf(cost: number | null, baseline: number | null): number {
  return cost === null || baseline === null ? 1 : cost / baseline;
}

/** Whether the message of a commit says why something may cost more. */
export function hasNote(message: string): boolean {
  return note.test(message);
}

import type { SoakRest, SoakSample } from './soak-gateway.ts';
import { median } from './statistics.ts';

/** One series of a soak, from the end of its warm-up on. */
export interface Trend {
  readonly name: string;
  readonly unit: 'MiB' | 'files';
  /** The medians of three parts of the time that are as long as each other. */
  readonly thirds: readonly [first: number, middle: number, last: number];
  /** The largest from one of them to a later one. */
  readonly rise: number;
  /** The most that it may rise by. */
  readonly allowedRise: number;
  readonly isFlat: boolean;
}

/** What a leak would have to be so that the soak had noticed it, in bytes of one worker. */
export interface Sensitivity {
  readonly bytesPerReload: number;
  readonly bytesPerThousandRequests: number;
}

type Point = readonly [seconds: number, value: number];

interface Series {
  readonly name: string;
  readonly unit: Trend['unit'];
  readonly points: readonly Point[];
  readonly allowedRise: number;
}

const mebibyte = 1024 * 1024;
/** A soak of less time is one of the first minutes. */
const fewSeconds = 600;

/**
 * What the series of a soak may rise by. What is live is read while nothing is under way, so that it does not depend on
 * the moment. The control thread keeps some until it has all that it may have: names of routes that are gone, and the
 * durations of five minutes. Code is judged by itself: some function gets hot for a long time to come. Resident memory
 * moves by what the young generations of the threads have just then, and clients come and go at random.
 */
const allowed = {
  residentShare: 0.05,
  leastResident: 8,
  /** In the first minutes the young generations fill, and pages of tables are touched for the first time. */
  leastResidentAtFirst: 32,
  workerData: 0.1,
  controlData: 0.15,
  code: 1,
  filesShare: 0.1,
  leastFiles: 5,
} as const;

/** The trends of everything that must not grow with time, after the first `warmUpSeconds`. */
export function judgeSoak(samples: readonly SoakSample[], rests: readonly SoakRest[], warmUpSeconds: number): Trend[] {
  const pointsOf = (read: (sample: SoakSample) => number): Point[] => samples.map((it) => [it.seconds, read(it)]);
  const resident = pointsOf((it) => it.residentBytes / mebibyte);
  const files = pointsOf((it) => it.openFiles);
  const series: Series[] = [
    {
      name: 'resident memory',
      unit: 'MiB',
      points: resident,
      allowedRise: Math.max(leastResidentFor(samples), allowed.residentShare * medianOf(resident)),
    },
    ...Object.keys(rests[0]?.live ?? {}).flatMap((thread) => listLive(rests, thread)),
    {
      name: 'open files',
      unit: 'files',
      points: files,
      allowedRise: Math.max(allowed.leastFiles, allowed.filesShare * medianOf(files)),
    },
  ];
  return series.map((it) => createTrend(it, warmUpSeconds));
}

function leastResidentFor(samples: readonly SoakSample[]): number {
  return (samples.at(-1)?.seconds ?? 0) < fewSeconds ? allowed.leastResidentAtFirst : allowed.leastResident;
}

function listLive(rests: readonly SoakRest[], thread: string): Series[] {
  const pointsOf = (kind: 'data' | 'code'): Point[] =>
    rests.map(({ seconds, live }) => [seconds, (live[thread]?.[kind] ?? 0) / mebibyte]);
  const allowedData = thread === 'main' ? allowed.controlData : allowed.workerData;
  return [
    { name: `live data of ${thread}`, unit: 'MiB', points: pointsOf('data'), allowedRise: allowedData },
    { name: `live code of ${thread}`, unit: 'MiB', points: pointsOf('code'), allowedRise: allowed.code },
  ];
}

function createTrend({ name, unit, points, allowedRise }: Series, warmUpSeconds: number): Trend {
  const thirds = ofThirds(points, warmUpSeconds, median);
  const least = ofThirds(points, warmUpSeconds, (values) => Math.min(...values));
  const most = ofThirds(points, warmUpSeconds, (values) => Math.max(...values));
  // What goes to and fro between two states, as the memory of two configurations does, has its median now in the one and
  // now in the other, and its least and its most stay where they are. What grows takes all three with it.
  const rise = Math.min(riseOf(thirds), Math.max(riseOf(least), riseOf(most)));
  // Without a figure it is not known to be flat.
  return { name, unit, thirds, rise, allowedRise, isFlat: rise <= allowedRise };
}

/** What the engine throws away at some moment, such as code of the start, hides no leak before it or after it. */
function riseOf([first, middle, last]: Trend['thirds']): number {
  return Math.max(middle - first, last - middle, last - first);
}

/** Of the time after the warm-up; NaN for one that has no points. */
function ofThirds(
  points: readonly Point[],
  warmUpSeconds: number,
  of: (values: readonly number[]) => number,
): Trend['thirds'] {
  const third = ((points.at(-1)?.[0] ?? 0) - warmUpSeconds) / 3;
  const from = (start: number): number => {
    const those = points.filter(([seconds]) => seconds >= start && seconds <= start + third);
    return those.length === 0 ? Number.NaN : of(those.map(([, value]) => value));
  };
  return [from(warmUpSeconds), from(warmUpSeconds + third), from(warmUpSeconds + 2 * third)];
}

/**
 * How small a leak the allowed rise of a worker's live data tells, by what happened from the first third to the last. It is half as
 * sensitive where the engine threw something away in between.
 */
export function findSensitivity(rests: readonly SoakRest[], warmUpSeconds: number): Sensitivity {
  const bytesPer = (read: (rest: SoakRest) => number): number => {
    const points = rests.map((rest): Point => [rest.seconds, read(rest)]);
    const [before, , after] = ofThirds(points, warmUpSeconds, median);
    return (allowed.workerData * mebibyte) / (after - before);
  };
  return {
    bytesPerReload: bytesPer(({ reloads }) => reloads),
    bytesPerThousandRequests: 1_000 * bytesPer(({ requests }) => requests),
  };
}

function medianOf(points: readonly Point[]): number {
  return median(points.map(([, value]) => value));
}

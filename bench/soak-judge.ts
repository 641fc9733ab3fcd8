import type { SoakSample } from './soak-gateway.ts';

/** One series of a soak, from the end of its warm-up on. */
export interface Trend {
  readonly name: string;
  readonly unit: 'MiB' | 'files';
  readonly mean: number;
  /** Of the line through it (least squares). */
  readonly slopePerMinute: number;
  /** By how much that line rises from its beginning to its end. */
  readonly rise: number;
  /** The most that it may. */
  readonly allowedRise: number;
  readonly isFlat: boolean;
}

type Point = readonly [seconds: number, value: number];

const mebibyte = 1024 * 1024;

interface Allowance {
  /** Of the mean. */
  readonly share: number;
  readonly least: number;
}

/** What the series of a soak may rise by: garbage-collected memory moves in steps, and clients come and go at random. */
export interface Allowances {
  readonly resident: Allowance;
  readonly live: Allowance;
  readonly files: Allowance;
}

/** The trends of everything that must not grow with time, after the first `warmUpSeconds`. */
export function judgeSamples(samples: readonly SoakSample[], warmUpSeconds: number, allowed: Allowances): Trend[] {
  const judged = samples.filter(({ seconds }) => seconds >= warmUpSeconds);
  const points = (read: (sample: SoakSample) => number | undefined): Point[] =>
    judged.flatMap((sample) => {
      const value = read(sample);
      return value === undefined ? [] : [[sample.seconds, value] as const];
    });
  const threads = Object.keys(judged.find(({ liveBytes }) => liveBytes !== null)?.liveBytes ?? {});
  return [
    createTrend('resident memory', 'MiB', {
      points: points((it) => it.residentBytes / mebibyte),
      allowed: allowed.resident,
    }),
    ...threads.map((thread) => {
      const live = points(({ liveBytes }) => (liveBytes === null ? undefined : (liveBytes[thread] ?? 0) / mebibyte));
      return createTrend(`live memory of ${thread}`, 'MiB', { points: live, allowed: allowed.live });
    }),
    createTrend('open files', 'files', { points: points((it) => it.openFiles), allowed: allowed.files }),
  ];
}

function createTrend(
  name: string,
  unit: Trend['unit'],
  { points, allowed }: { readonly points: readonly Point[]; readonly allowed: Allowance },
): Trend {
  const slope = fitSlope(points);
  const mean = average(points.map(([, value]) => value));
  const rise = slope * ((points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0));
  const allowedRise = Math.max(allowed.share * mean, allowed.least);
  return { name, unit, mean, slopePerMinute: slope * 60, rise, allowedRise, isFlat: rise <= allowedRise };
}

/** Of the line through the points that is closest to them by least squares; NaN for fewer than three. */
export function fitSlope(points: readonly Point[]): number {
  if (points.length < 3) return NaN;
  const meanX = average(points.map(([x]) => x));
  const meanY = average(points.map(([, y]) => y));
  const covariance = average(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  return covariance / average(points.map(([x]) => (x - meanX) ** 2));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * How a duration is filed: values below 64 µs have a bucket each, and every doubling above is cut into 32 equal
 * buckets, so that the middle of a bucket is off by at most 1/64 (1.6 %) of any value in it.
 */
const bitsPerDoubling = 5;
const bucketsPerDoubling = 1 << bitsPerDoubling;
const doublings = 32 - bitsPerDoubling;

export const bucketsPerHistogram = (doublings + 1) * bucketsPerDoubling;

/** The largest duration that is told apart: 2^32 - 1 µs, about 71.6 minutes. Longer ones are filed as this. */
export const maxMicroseconds = 0xffff_ffff;

/** The bucket of a duration in microseconds. Fractions are dropped; below 0, and what is no number, counts as 0. */
export function bucketIndex(microseconds: number): number {
  const value =
    microseconds < maxMicroseconds ? (microseconds > 0 ? microseconds >>> 0 : 0) : clampToEnds(microseconds);
  const shift = 31 - bitsPerDoubling - Math.clz32(value);
  return shift <= 0 ? value : (shift << bitsPerDoubling) + (value >>> shift);
}

function clampToEnds(microseconds: number): number {
  return Number.isNaN(microseconds) ? 0 : maxMicroseconds;
}

/** The smallest whole number of microseconds in the bucket. */
export function bucketLowerBound(index: number): number {
  if (index < 2 * bucketsPerDoubling) return index;
  const shift = (index >>> bitsPerDoubling) - 1;
  return (index - (shift << bitsPerDoubling)) * 2 ** shift;
}

/** The smallest whole number of microseconds above the bucket. */
export function bucketUpperBound(index: number): number {
  return bucketLowerBound(index + 1);
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bootstrapMedian, createRandom, median, quantile } from '../../bench/statistics.ts';

describe('median', () => {
  test('the median is the middle value, whatever the order', () => {
    assert.equal(median([9, 1, 5]), 5);
  });

  test('the median of an even number of values is the mean of the two in the middle', () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
  });

  test('nothing has no median', () => {
    assert.ok(Number.isNaN(median([])));
  });
});

describe('quantile', () => {
  const thousand = Array.from({ length: 1_000 }, (_, at) => at + 1);

  test('a quantile is a value that there is: the least that so large a share does not exceed', () => {
    assert.equal(quantile(thousand, 0.5), 500);
    assert.equal(quantile(thousand, 0.99), 990);
    assert.equal(quantile(thousand, 0.999), 999);
    assert.equal(quantile(thousand, 1), 1_000);
  });

  test('of few values a high quantile is the greatest', () => {
    assert.equal(quantile([1, 2, 3], 0.999), 3);
  });

  test('nothing has no quantile', () => {
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });
});

describe('bootstrapMedian', () => {
  const bootstrap = (values: readonly number[]) =>
    bootstrapMedian(values, { resamples: 2_000, random: createRandom(1) });

  test('values that are all the same leave no doubt', () => {
    assert.deepEqual(bootstrap([1.1, 1.1, 1.1, 1.1]), { middle: 1.1, low: 1.1, high: 1.1 });
  });

  test('the interval has the median in it and is wider where the values are', () => {
    const narrow = bootstrap([0.99, 1, 1.01, 0.98, 1.02, 1, 0.99, 1.01]);
    const wide = bootstrap([0.7, 1, 1.3, 0.6, 1.4, 1, 0.8, 1.2]);
    assert.ok(narrow.low <= narrow.middle && narrow.middle <= narrow.high);
    assert.ok(wide.high - wide.low > narrow.high - narrow.low);
  });

  test('about 95 of 100 intervals have the true median in them', () => {
    const random = createRandom(7);
    const hits = Array.from({ length: 200 }, () => bootstrap(Array.from({ length: 15 }, () => random()))).filter(
      ({ low, high }) => low <= 0.5 && 0.5 <= high,
    ).length;
    assert.ok(hits >= 178 && hits <= 199, `${hits} of 200`);
  });
});

describe('createRandom', () => {
  test('the same seed gives the same numbers, from 0 up to 1', () => {
    const [first, second] = [createRandom(42), createRandom(42)];
    const numbers = Array.from({ length: 1_000 }, () => first());
    assert.deepEqual(
      numbers,
      Array.from({ length: 1_000 }, () => second()),
    );
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    assert.ok(Math.abs(mean - 0.5) < 0.05, String(mean));
  });
});

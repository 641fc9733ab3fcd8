import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { defaultRetryOptions, mayRepeat, parseRetryAfter, retryDelayMs, type RetryOptions } from './retry.ts';

const still: RetryOptions = { ...defaultRetryOptions, jitter: 0 };
const millisecond = 1e-9;

describe('the delay before a retry', () => {
  test('grows with each attempt up to the maximum', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelayMs(attempt, still, 0.5, null));
    assert.deepEqual(delays, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  test('is shorter or longer by the jitter', () => {
    assert.equal(retryDelayMs(1, defaultRetryOptions, 0, null), 180);
    assert.equal(retryDelayMs(1, defaultRetryOptions, 0.5, null), 200);
    assert.ok(Math.abs(retryDelayMs(1, defaultRetryOptions, 0.999_999_999, null) - 220) < 1e-4);
  });

  test('is never beyond the maximum, and even there no two draws give one moment', () => {
    const draws = [0, 0.25, 0.49, 0.6, 0.8, 0.999];
    const delays = draws.map((random) => retryDelayMs(20, defaultRetryOptions, random, null));
    assert.ok(delays.every((delayMs) => delayMs >= 4500 && delayMs <= 5000));
    assert.equal(new Set(delays).size, draws.length);
  });

  test('is what the target asks for where that is more, up to the maximum', () => {
    assert.equal(retryDelayMs(0, still, 0.5, 1000), 1000);
    assert.equal(retryDelayMs(0, still, 0.5, 60_000), 5000);
    assert.equal(retryDelayMs(0, still, 0.5, Infinity), 5000);
    assert.equal(retryDelayMs(3, still, 0.5, 0), 800);
    assert.equal(retryDelayMs(3, still, 0.5, 500), 800);
  });

  test('is not below what the target asks for, whatever the jitter draws', () => {
    assert.equal(retryDelayMs(0, defaultRetryOptions, 0, 1000), 1000);
    assert.equal(retryDelayMs(0, defaultRetryOptions, 0.5, 1000), 1050);
  });

  test('keeps within its bounds for any options', () => {
    const options = fc.record({
      initialDelayMs: fc.integer({ min: 0, max: 10_000 }),
      maxDelayMs: fc.integer({ min: 0, max: 60_000 }),
      multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const retryAfter = fc.option(fc.integer({ min: 0, max: 100_000 }));
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(options, fc.nat({ max: 2000 }), random, retryAfter, (chosen, attempt, draw, retryAfterMs) => {
        const delayMs = retryDelayMs(attempt, { ...defaultRetryOptions, ...chosen }, draw, retryAfterMs);
        assert.ok(delayMs <= chosen.maxDelayMs);
        const base = chosen.initialDelayMs === 0 ? 0 : chosen.initialDelayMs * chosen.multiplier ** attempt;
        const least = Math.min(chosen.maxDelayMs, base) * (1 - chosen.jitter);
        assert.ok(delayMs >= Math.max(least, Math.min(retryAfterMs ?? 0, chosen.maxDelayMs)) - millisecond);
      }),
    );
  });
});

describe('a request may be sent again', () => {
  test('by its method alone where reaching a target twice does no harm', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']) {
      assert.equal(mayRepeat(method, true, defaultRetryOptions), true, method);
    }
  });

  test('with any other method only while nothing of it was sent', () => {
    for (const method of ['POST', 'PATCH', 'LOCK', 'get']) {
      assert.equal(mayRepeat(method, true, defaultRetryOptions), false, method);
      assert.equal(mayRepeat(method, false, defaultRetryOptions), true, method);
    }
  });

  test('with the methods that the options name', () => {
    assert.equal(mayRepeat('POST', true, { ...defaultRetryOptions, methods: ['POST'] }), true);
    assert.equal(mayRepeat('GET', true, { ...defaultRetryOptions, methods: ['POST'] }), false);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 22, 12, 0, 0);

  test('is a number of seconds', () => {
    assert.equal(parseRetryAfter('0', now), 0);
    assert.equal(parseRetryAfter('120', now), 120_000);
    assert.equal(parseRetryAfter('007', now), 7000);
    assert.equal(parseRetryAfter('9'.repeat(400), now), Infinity);
  });

  test('is a date in any of the three forms', () => {
    assert.equal(parseRetryAfter('Sun, 22 Nov 2026 12:00:30 GMT', now), 30_000);
    assert.equal(parseRetryAfter('Sunday, 22-Nov-26 12:00:30 GMT', now), 30_000);
    assert.equal(parseRetryAfter('Sun Nov 22 12:00:30 2026', now), 30_000);
    assert.equal(parseRetryAfter('Tue Dec  1 12:00:00 2026', now), 9 * 86_400_000);
    assert.equal(parseRetryAfter('Thu, 31 Dec 2026 23:59:60 GMT', now), Date.UTC(2027, 0, 1) - now);
  });

  test('of a date that is past is 0', () => {
    assert.equal(parseRetryAfter('Sun, 22 Nov 2026 11:59:59 GMT', now), 0);
    assert.equal(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', now), 0);
    assert.equal(parseRetryAfter('Sun Nov  6 08:49:37 1994', now), 0);
  });

  test('with a year of two digits is at most fifty years ahead', () => {
    assert.equal(parseRetryAfter('Sunday, 22-Nov-76 12:00:00 GMT', now), Date.UTC(2076, 10, 22, 12) - now);
    assert.equal(parseRetryAfter('Tuesday, 22-Nov-77 12:00:00 GMT', now), 0);
  });

  test('that is neither is nothing', () => {
    for (const value of [
      '',
      '-1',
      '+1',
      '1.5',
      '1e3',
      '0x10',
      ' 1',
      '1, 2',
      'soon',
      '2026-11-22T12:00:30Z',
      'Sun, 22 Nov 2026 12:00:30',
      'Sun, 22 Nov 2026 12:00:30 UTC',
      'sun, 22 Nov 2026 12:00:30 GMT',
      'Sun, 22 Nox 2026 12:00:30 GMT',
      'Mon, 30 Feb 2026 12:00:30 GMT',
      'Sun, 00 Nov 2026 12:00:30 GMT',
      'Sun, 22 Nov 2026 24:00:00 GMT',
      'Sun, 22 Nov 2026 12:60:00 GMT',
      'Sun, 22 Nov 2026 12:00:61 GMT',
    ]) {
      assert.equal(parseRetryAfter(value, now), null, value);
    }
  });
});

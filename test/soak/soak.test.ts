import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SoakRest, SoakSample } from '../../bench/soak-gateway.ts';
import { findSensitivity, judgeSoak } from '../../bench/soak-judge.ts';
import { runSoak } from '../../bench/soak-run.ts';

/** As `node bench/main.ts soak`, and judged by the same rules, in a tenth of its time. */
const plan = { seconds: 120, warmUpSeconds: 40, sampleSeconds: 1, burstSeconds: 6, reloadSeconds: 2 };

test(
  'mixed traffic with aborts, faults and reloads gets right answers, and nothing grows',
  { timeout: 240_000 },
  async (t) => {
    const { trends, sensitivity, outcomes, faults, samples } = await runSoak(plan);
    for (const { name, unit, thirds, rise, allowedRise } of trends) {
      const [first, middle, last, by, most] = [...thirds, rise, allowedRise].map((figure) => figure.toFixed(2));
      t.diagnostic(`${name}, ${unit}: ${first}, ${middle}, ${last}, a rise of ${by} of at most ${most}`);
    }
    t.diagnostic(JSON.stringify(sensitivity));
    t.diagnostic(`${samples.at(-1)?.requests} requests, ${samples.at(-1)?.reloads} reloads`);
    assert.deepEqual(faults, []);
    for (const outcome of ['GET: 200', 'POST: 200', 'pipelined: 200', 'left', 'limited: rate_limited', 'flaky: cut']) {
      assert.ok((outcomes[outcome] ?? 0) > 0, `${outcome} never happened`);
    }
  },
);

describe('the judgement of a soak', () => {
  const mebibyte = 1024 * 1024;
  const minutes = Array.from({ length: 21 }, (_, minute) => minute);
  const noise = (minute: number): number => (minute % 3) - 1;
  const sampleAt = (minute: number, bytes: number, openFiles = 80): SoakSample => ({
    seconds: minute * 60,
    residentBytes: 200 * mebibyte + bytes,
    openFiles,
    connections: 40,
    inFlight: 20,
    requests: minute * 100_000,
    reloads: minute * 8,
    failedReloads: 0,
  });
  const restAt = (minute: number, data: number, code = 0): SoakRest => ({
    seconds: minute * 60,
    requests: minute * 100_000,
    reloads: minute * 8,
    live: { 'sluice-worker-0': { data: 24 * mebibyte + data, code: 4 * mebibyte + code } },
  });
  const flatSamples = minutes.map((minute) => sampleAt(minute, noise(minute) * 2 * mebibyte));
  const flatRests = minutes.map((minute) => restAt(minute, noise(minute) * 20_000, noise(minute) * 50_000));
  const growing = (samples: readonly SoakSample[], rests: readonly SoakRest[]): string[] =>
    judgeSoak(samples, rests, 120)
      .filter(({ isFlat }) => !isFlat)
      .map(({ name }) => name);

  test('lets pass what goes up and down', () => assert.deepEqual(growing(flatSamples, flatRests), []));

  test('lets pass what is now in one state and now in another', () => {
    const rests = minutes.map((minute) => restAt(minute, minute % 13 < 7 ? 0 : 250_000));
    assert.deepEqual(growing(flatSamples, rests), []);
  });

  test('does not see what is before the end of the warm-up', () => {
    const rests = minutes.map((minute) => restAt(minute, Math.min(minute, 2) * 10 * mebibyte));
    assert.deepEqual(growing(flatSamples, rests), []);
  });

  test('finds a leak that something hides that is thrown away once, whenever that is', () => {
    for (const end of [4, 10, 13, 16]) {
      const rests = minutes.map((minute) => restAt(minute, minute * 50_000 - (minute > end ? mebibyte : 0)));
      assert.deepEqual(growing(flatSamples, rests), ['live data of sluice-worker-0'], `after ${end} minutes`);
    }
  });

  test('finds a leak of a little more than it says that it would notice', () => {
    const { bytesPerReload, bytesPerThousandRequests } = findSensitivity(flatRests, 120);
    assert.ok(
      bytesPerReload < 2_000 && bytesPerThousandRequests < 150,
      `${bytesPerReload} ${bytesPerThousandRequests}`,
    );
    for (const bytesPerMinute of [bytesPerReload * 8, bytesPerThousandRequests * 100]) {
      const rests = minutes.map((minute) => restAt(minute, 1.1 * bytesPerMinute * minute));
      assert.deepEqual(growing(flatSamples, rests), ['live data of sluice-worker-0']);
    }
  });

  test('finds code without end, memory of the process, and files', () => {
    const rests = minutes.map((minute) => restAt(minute, 0, minute * 100_000));
    assert.deepEqual(growing(flatSamples, rests), ['live code of sluice-worker-0']);
    assert.deepEqual(
      growing(
        minutes.map((minute) => sampleAt(minute, minute * mebibyte)),
        flatRests,
      ),
      ['resident memory'],
    );
    assert.deepEqual(
      growing(
        minutes.map((minute) => sampleAt(minute, 0, 80 + minute)),
        flatRests,
      ),
      ['open files'],
    );
  });

  test('takes nothing for flat that it has no figures of', () => {
    assert.deepEqual(growing(flatSamples.slice(0, 2), flatRests.slice(0, 2)), [
      'resident memory',
      'live data of sluice-worker-0',
      'live code of sluice-worker-0',
      'open files',
    ]);
  });
});

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Faults } from '../support/fault-proxy.ts';
import { ChaosSetting, kinds, type Told } from './chaos-setting.ts';
import { bodyFor, framings } from './counting-target.ts';
import { assertHonest, tally } from './outcome.ts';
import { assertSlicesChangeNothing } from './slices.ts';

/** The second where the connection is reset before the gateway has seen that it is there. */
const lost = ['upstream_reset', 'upstream_unreachable'] as const;
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, at) => at);
/** Some twenty places, the first and the last among them. */
const spread = (last: number) => Array.from({ length: 20 }, (_, at) => Math.round((last * at) / 19));

/** Each request was seen at most once; as a whole, only if all of it was let through. */
function assertSeenOnce(setting: ChaosSetting, told: readonly Told[]): void {
  for (const { asked } of told) {
    const { heads, whole } = setting.seen(asked);
    assert.ok(heads <= 1 && whole <= heads, `${asked.path}: ${heads} heads, ${whole} whole requests`);
  }
}

async function loseRequests(t: TestContext, setting: ChaosSetting): Promise<void> {
  for (const kind of kinds) {
    await t.test(`a reset after each byte of a ${kind} is told, and the request is not sent again`, async (st) => {
      const { up } = await setting.measure(kind, 'length');
      await setting.begin();
      const faults = upTo(up).map((after): Faults => ({ up: { after, how: 'reset' } }));
      const told = await setting.askWith(faults, () => setting.createRequest(kind));
      const words = told.map(({ asked, outcome }) => assertHonest(outcome, asked, lost));
      assert.ok(!words.includes('200') && !words.includes('cut'));
      assertSeenOnce(setting, told);
      for (const { asked } of told.slice(0, up)) assert.equal(setting.seen(asked).whole, 0);
      const logged = await setting.finish(told.length);
      st.diagnostic(JSON.stringify(logged));
      const expected = Object.entries(tally(words)).map(([code, count]) => [`502 ${code}`, count]);
      assert.deepEqual(logged, Object.fromEntries(expected));
    });
  }
}

async function loseAnswers(t: TestContext, setting: ChaosSetting): Promise<void> {
  for (const framing of framings) {
    for (const how of ['reset', 'close'] as const) {
      await t.test(
        `an answer with the framing ${framing} that ends by a ${how} after each byte never looks whole`,
        async (st) => {
          const { down } = await setting.measure('GET', framing);
          await setting.begin();
          const faults = upTo(down).map((after): Faults => ({ down: { after, how } }));
          const told = await setting.askWith(faults, () => setting.createRequest('GET', framing));
          const words = told.map(({ asked, outcome }, after) => {
            // Where the end of the connection is the end of the body, an orderly one looks like any other.
            const looksWhole = framing === 'close' && how === 'close' && outcome !== 'cut' && outcome.status === 200;
            if (!looksWhole) return assertHonest(outcome, asked, lost);
            assert.ok(bodyFor(asked.path).startsWith(outcome.text), `after ${after} bytes`);
            return '200';
          });
          assertSeenOnce(setting, told);
          st.diagnostic(JSON.stringify({ told: tally(words), logged: await setting.finish(told.length) }));
          if (framing !== 'close') assert.ok(words.indexOf('200') >= down);
          assert.ok(words.includes('cut') || framing === 'close');
        },
      );
    }
  }
}

async function stall(t: TestContext, setting: ChaosSetting): Promise<void> {
  await t.test('a stall anywhere is a 504 in time, or cuts what has begun', async (st) => {
    const { up, down } = await setting.measure('POST in chunks', 'chunked');
    await setting.begin();
    const faults: Faults[] = [
      ...spread(up - 1).map((after): Faults => ({ up: { after, how: 'stall' } })),
      ...spread(down - 1).map((after): Faults => ({ down: { after, how: 'stall' } })),
    ];
    const startedMs = performance.now();
    const told = await setting.askWith(faults, () => setting.createRequest('POST in chunks', 'chunked'), faults.length);
    const tookMs = performance.now() - startedMs;
    const words = told.map(({ asked, outcome }) => assertHonest(outcome, asked, ['upstream_timeout']));
    assert.ok(!words.includes('200') && words.includes('cut'));
    assertSeenOnce(setting, told);
    st.diagnostic(JSON.stringify({ told: tally(words), logged: await setting.finish(told.length) }));
    assert.ok(tookMs < 10_000, `${tookMs} ms`);
  });
}

async function refuse(t: TestContext, setting: ChaosSetting): Promise<void> {
  await t.test('nobody there is a 502 at once, and all is well once somebody is', async () => {
    await setting.begin();
    await setting.proxy.refuse();
    const refused = await setting.askWith(
      Array.from({ length: 50 }, () => ({})),
      () => setting.createRequest('GET'),
    );
    for (const { asked, outcome } of refused) {
      assert.equal(assertHonest(outcome, asked, ['upstream_unreachable']), 'upstream_unreachable');
    }
    await setting.proxy.accept();
    const [told] = await setting.askWith([{}], () => setting.createRequest('GET'));
    assert.ok(told !== undefined && told.outcome !== 'cut' && told.outcome.status === 200);
    assert.deepEqual(await setting.finish(51), { '200': 1, '502 upstream_unreachable': 50 });
  });
}

test('between gateway and target', { timeout: 120_000 }, async (t) => {
  const setting = await ChaosSetting.start(t, 'target');
  await loseRequests(t, setting);
  await loseAnswers(t, setting);
  await stall(t, setting);
  await t.test('slices of single bytes, delays and both change nothing', () => assertSlicesChangeNothing(setting));
  await refuse(t, setting);
});

test('on a connection to a target that was used before', { timeout: 60_000 }, async (t) => {
  const setting = await ChaosSetting.start(t, 'target', { pool: { idle_timeout: '300ms' } });
  for (const kind of ['GET', 'POST with a length'] as const) {
    const again = kind === 'GET' ? 'repeats it on a new one' : 'tells of it, since it may have been done';
    await t.test(`a reset after each byte of a ${kind} ${again}`, async (st) => {
      const first = await setting.measure('GET', 'length');
      await setting.dropConnections();
      const { up } = await setting.measure(kind, 'length');
      await setting.begin();
      const words: string[] = [];
      for (let after = 1; after <= up; after += 4) {
        // The first request opens the connection, and the second finds it idle.
        const faults: Faults = { up: { after: first.up + after, how: 'reset' } };
        const [opened] = await setting.askWith([faults], () => setting.createRequest('GET'));
        assert.ok(opened !== undefined && opened.outcome !== 'cut' && opened.outcome.status === 200);
        const [told] = await setting.askWith([{}], () => setting.createRequest(kind));
        assert.ok(told !== undefined);
        words.push(assertHonest(told.outcome, told.asked, ['upstream_reset']));
        const { whole } = setting.seen(told.asked);
        assert.ok(whole <= (kind === 'GET' ? 2 : 1), `${told.asked.path}: ${whole}`);
        await setting.dropConnections();
      }
      const logged = await setting.finish(2 * words.length);
      st.diagnostic(JSON.stringify({ told: tally(words), logged }));
      assert.deepEqual(tally(words), { [kind === 'GET' ? '200' : 'upstream_reset']: words.length });
    });
  }
});

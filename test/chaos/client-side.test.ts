import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Faults } from '../support/fault-proxy.ts';
import { ChaosSetting, kinds } from './chaos-setting.ts';
import { framings } from './counting-target.ts';
import { assertHonest, tally } from './outcome.ts';
import { assertSlicesChangeNothing } from './slices.ts';

/** Enough for the gateway and the target to have seen to what came before. */
const lateMs = 10;
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, at) => at);

async function loseRequests(t: TestContext, setting: ChaosSetting): Promise<void> {
  for (const kind of kinds) {
    await t.test(
      `a reset after each byte of a ${kind} leaves no target with what it takes for the whole`,
      async (st) => {
        const { up } = await setting.measure(kind, 'length');
        await setting.begin();
        const faults = upTo(up).map((after): Faults => ({ up: { after, how: 'reset', lateMs } }));
        const told = await setting.askWith(faults, () => setting.createRequest(kind));
        // Whoever sent all of it may have its answer before the reset.
        assert.ok(told.slice(0, up).every(({ outcome }) => outcome === 'cut'));
        const head = told[0]?.asked.bytes.indexOf('\r\n\r\n') ?? 0;
        for (const [after, { asked }] of told.entries()) {
          const { heads, whole } = setting.seen(asked);
          assert.ok(heads <= (after < head + 4 ? 0 : 1), `${heads} heads after ${after} bytes`);
          assert.ok(whole <= (after < up ? 0 : 1), `${whole} requests after ${after} bytes`);
        }
        // Of a head that never came nothing is logged; of a request whose answer was on its way, that it was answered.
        const logged = await setting.finish(up - head - 3);
        st.diagnostic(JSON.stringify(logged));
        for (const word of Object.keys(logged)) assert.match(word, /^(?:499 client_closed|200(?: client_closed)?)$/);
      },
    );
  }
}

async function loseAnswers(t: TestContext, setting: ChaosSetting): Promise<void> {
  for (const framing of framings) {
    await t.test(
      `a reset after each byte of an answer with the framing ${framing} is the client’s loss alone`,
      async (st) => {
        const { down } = await setting.measure('POST with a length', framing);
        await setting.begin();
        const faults = upTo(down).map((after): Faults => ({ down: { after, how: 'reset', lateMs } }));
        const told = await setting.askWith(faults, () => setting.createRequest('POST with a length', framing));
        const words = told.map(({ asked, outcome }) => assertHonest(outcome, asked, []));
        assert.ok(words.slice(0, down).every((word) => word === 'cut'));
        for (const { asked } of told) assert.ok(setting.seen(asked).whole <= 1);
        const logged = await setting.finish(down + 1);
        st.diagnostic(JSON.stringify(logged));
        for (const word of Object.keys(logged)) assert.match(word, /^(?:499 client_closed|200(?: client_closed)?)$/);
      },
    );
  }
}

async function stallRequests(t: TestContext, setting: ChaosSetting): Promise<void> {
  await t.test(
    'a stall after each byte of a request is a 408 in time, or the end of a connection that says nothing',
    async (st) => {
      const { up } = await setting.measure('POST in chunks', 'length');
      await setting.begin();
      const faults = upTo(up - 1).map((after): Faults => ({ up: { after, how: 'stall' } }));
      const startedMs = performance.now();
      const told = await setting.askWith(faults, () => setting.createRequest('POST in chunks'), faults.length);
      const tookMs = performance.now() - startedMs;
      const words = told.map(({ asked, outcome }) => assertHonest(outcome, asked, ['request_timeout']));
      assert.deepEqual(tally(words), { cut: 1, request_timeout: up - 1 });
      for (const { asked } of told) assert.equal(setting.seen(asked).whole, 0);
      st.diagnostic(JSON.stringify(await setting.finish(up - 1)));
      assert.ok(tookMs < 10_000, `${tookMs} ms`);
    },
  );
}

test('between client and gateway', { timeout: 120_000 }, async (t) => {
  const setting = await ChaosSetting.start(t, 'client');
  await loseRequests(t, setting);
  await loseAnswers(t, setting);
  await stallRequests(t, setting);
  await t.test('slices of single bytes, delays and both change nothing', () => assertSlicesChangeNothing(setting));
});

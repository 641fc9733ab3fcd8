import assert from 'node:assert/strict';
import type { Faults } from '../support/fault-proxy.ts';
import { kinds, type ChaosSetting, type Told } from './chaos-setting.ts';
import { framings } from './counting-target.ts';
import { assertHonest } from './outcome.ts';

const ways = [{ sliceBytes: 1 }, { delayMs: 20 }, { sliceBytes: 7, delayMs: 1 }];

/** A network that slices and delays, in either direction and in both, makes no difference to anyone. */
export async function assertSlicesChangeNothing(setting: ChaosSetting): Promise<void> {
  await setting.begin();
  const told: Told[] = [];
  for (const framing of framings) {
    for (const kind of kinds) {
      const faults = ways.flatMap((way): Faults[] => [{ up: way }, { down: way }, { up: way, down: way }]);
      told.push(...(await setting.askWith(faults, () => setting.createRequest(kind, framing))));
    }
  }
  for (const { asked, outcome } of told) {
    assert.equal(assertHonest(outcome, asked, []), '200');
    assert.deepEqual(setting.seen(asked), { heads: 1, whole: 1 });
  }
  assert.deepEqual(await setting.finish(told.length), { 200: told.length });
}

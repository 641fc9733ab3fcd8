/**
 * Bytes that a client may send to be understood in two ways, and what becomes of them at a target that keeps every byte.
 * The tables say what is refused, with which code, and what is passed on, in which exact form; `RequestRig` says what
 * holds for all of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyRequests } from './body-requests.ts';
import { headRequests } from './head-requests.ts';
import { hopRequests } from './hop-requests.ts';
import { lengthRequests } from './length-requests.ts';
import { RequestRig } from './request-rig.ts';
import { targetRequests } from './target-requests.ts';

const tables = {
  'the length of a body': lengthRequests,
  'the lines of a head': headRequests,
  'targets and hosts': targetRequests,
  'bodies, trailers and expectations': bodyRequests,
  'fields that the gateway writes itself': hopRequests,
};

test('every request that a client sends, and none that it did not mean, reaches the target', async (t) => {
  const rig = await RequestRig.start(t);
  let count = 0;
  for (const [about, cases] of Object.entries(tables)) {
    for (const it of cases) {
      const outcome = it.gets.length === 0 ? `is refused as ${it.told.join(', ')}` : 'is passed on in one form';
      await t.test(`${about}: ${it.name} ${outcome}`, async (context) => {
        await rig.run(context, it, 'whole');
        await rig.run(context, it, 'byte by byte');
      });
      count++;
    }
  }
  assert.ok(count >= 150, `${count} cases`);
  assert.deepEqual(rig.got, rig.meant);
});

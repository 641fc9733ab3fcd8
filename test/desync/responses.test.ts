/**
 * Answers of a target that could be understood in two ways, or that could answer another request than their own. The
 * tables say which are refused and how, and in which exact form the others reach the client; `ResponseRig` says what
 * holds for all of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodiedAnswers } from './bodied-answers.ts';
import { malformedAnswers } from './malformed-answers.ts';
import { passedOnAnswers } from './passed-on-answers.ts';
import type { ResponseCase } from './response-case.ts';
import { ResponseRig } from './response-rig.ts';

const tables = { 'a head': malformedAnswers, 'a body': bodiedAnswers, 'a sound answer': passedOnAnswers };

function outcomeOf({ told, reused }: ResponseCase): string {
  if (told === 'cut') return 'is cut';
  if ('code' in told) return `is refused as ${told.code}`;
  return reused ? 'is passed on in one form' : 'is passed on in one form, and is the last of its connection';
}

test('every client gets the answer to its own request, or none', async (t) => {
  const rig = await ResponseRig.start(t);
  let count = 0;
  for (const [about, cases] of Object.entries(tables)) {
    for (const it of cases) {
      await t.test(`${about}: ${it.name} ${outcomeOf(it)}`, async (context) => {
        await rig.run(context, it, 'whole');
        await rig.run(context, it, 'byte by byte');
      });
      count++;
    }
  }
  assert.ok(count >= 60, `${count} cases`);
  // How many are cut, and how many taken back before anything has left, depends on how the pieces arrive.
  assert.ok(rig.cuts > 0, 'no answer was cut behind its head');
  t.diagnostic(`${rig.cuts} answers were cut behind their heads`);
});

/**
 * Holds our parsers against those of node:http (llhttp, in its strict mode): whatever ours accept, those have to accept
 * and to read in the same way, or a message could be smuggled past one of them.
 *
 * `SLUICE_FUZZ_SECONDS` makes it run longer, half of it with requests and half with responses; `SLUICE_FUZZ_SEED` repeats
 * a run. For a long one there is `fuzz.ts`.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cutAt } from '../../src/http1/feeding.fixture.ts';
import { readCorpus, type MessageKind } from './corpus.ts';
import { fuzz } from './fuzzer.ts';
import { createNodeReader } from './llhttp-reader.ts';
import { comparisonOf } from './message-kinds.ts';
import { compareRequests, readRequestsByThem, readRequestsByUs } from './request-comparison.ts';
import { compareResponses } from './response-comparison.ts';

const halfMs = 500 * Number(process.env['SLUICE_FUZZ_SECONDS'] ?? '6');
const seed = Number(process.env['SLUICE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** The names of files of messages that our parsers are to accept begin like this. */
const isValid = (file: string) => file.startsWith('valid-');

describe('our parsers and llhttp', () => {
  const server = createNodeReader();

  test('read every request of the corpus alike, and the valid ones to their end', async () => {
    for (const { file, text } of readCorpus('requests')) {
      const { compared } = await compareRequests(server, text, [Math.floor(text.length / 2)]);
      const { refusal } = await readRequestsByThem(server, Buffer.from(text, 'latin1'));
      if (isValid(file)) assert.deepEqual([compared >= 1, refusal], [true, ''], file);
    }
  });

  test('read every response of the corpus alike, and the valid ones to their end', async () => {
    for (const { file, text } of readCorpus('responses')) {
      const { compared } = await compareResponses('GET', text, [Math.floor(text.length / 2)]);
      await compareResponses('HEAD', text, []);
      if (isValid(file)) assert.equal(compared, 1, file);
    }
  });

  test('would be found to disagree', async () => {
    const { seen } = await readRequestsByThem(server, Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n'));
    const [ours] = readRequestsByUs(cutAt(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX: z\r\n\r\n'), [])).requests;
    assert.notDeepEqual(seen, [ours?.request]);
    const bareLineFeed = Buffer.from('GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n');
    assert.deepEqual((await readRequestsByThem(server, bareLineFeed)).seen, []);
  });

  for (const kind of ['requests', 'responses'] satisfies MessageKind[]) {
    test(`read alike whatever ours accept of mutated ${kind}`, { timeout: halfMs + 60_000 }, async (context) => {
      context.diagnostic(`seed ${seed}`);
      const corpus = readCorpus(kind).map(({ text }) => text);
      const totals = await fuzz({ seed, milliseconds: halfMs, corpus, compare: comparisonOf(kind) });
      const { inputs, compared, shapes } = totals;
      context.diagnostic(`${inputs} ${kind}, of which both accept ${compared}, in ${shapes} shapes`);
      assert.ok(compared > inputs / 100, 'hardly anything was accepted, so hardly anything was compared');
    });
  }
});

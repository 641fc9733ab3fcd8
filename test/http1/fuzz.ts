/**
 * Mutates messages and holds our parsers against llhttp: `npm exec -- node test/http1/fuzz.ts [SECONDS [SEED]]`, ten
 * minutes by default, half of them with requests and half with responses. It ends at the first message that the two do not
 * read alike, and leaves it in the corpus, where the tests find it from then on.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { corpusFolder, readCorpus, type MessageKind } from './corpus.ts';
import { Disagreement, fuzz } from './fuzzer.ts';
import { comparisonOf } from './message-kinds.ts';

/** How often it says how far it is. */
const turnMs = 10_000;

async function fuzzKind(kind: MessageKind, milliseconds: number, seed: number): Promise<boolean> {
  const corpus = readCorpus(kind).map(({ text }) => text);
  const compare = comparisonOf(kind);
  const end = performance.now() + milliseconds;
  let inputs = 0;
  let compared = 0;
  for (let turn = 0; performance.now() < end; turn++) {
    const turnSeed = seed + turn;
    try {
      const totals = await fuzz({
        seed: turnSeed,
        milliseconds: Math.min(turnMs, end - performance.now()),
        corpus,
        compare,
      });
      inputs += totals.inputs;
      compared += totals.compared;
      console.log(
        `${kind}: ${inputs} inputs, of which both accept ${compared}; seed ${turnSeed}, ${totals.shapes} shapes`,
      );
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      const file = path.join(corpusFolder(kind), `found-${turnSeed}.txt`);
      writeFileSync(file, error.text, 'latin1');
      console.error(`${error.message}\nIt is in ${file}.`);
      return false;
    }
  }
  return true;
}

const [seconds = '600', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
if (!(Number(seconds) > 0) || !Number.isInteger(Number(seed))) {
  console.error('Usage: node test/http1/fuzz.ts [SECONDS [SEED]]');
  process.exitCode = 2;
} else {
  console.log(`seed ${seed}`);
  for (const kind of ['requests', 'responses'] satisfies MessageKind[]) {
    if (!(await fuzzKind(kind, 500 * Number(seconds), Number(seed)))) process.exitCode = 1;
  }
}

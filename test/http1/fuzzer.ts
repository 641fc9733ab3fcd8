import type { MessageHead } from '../../src/core/message-head.ts';
import { mutate, Random } from './message-mutation.ts';

/** What came of one text that two parsers read alike. */
export interface Comparison {
  /** Messages that both have accepted. */
  readonly compared: number;
  /** Which way it took through our parser. */
  readonly shape: string;
}

/** The fields of a head, by what they mean to a parser. */
export function shapeOfFields({ roles, fieldCount }: Pick<MessageHead, 'roles' | 'fieldCount'>): string {
  return roles
    .slice(0, fieldCount)
    .toSorted((a, b) => a - b)
    .join();
}

/** Reads a text, whole and cut, with both parsers. Throws where they disagree. */
export type Compare = (text: string, cuts: readonly number[], random: Random) => Promise<Comparison>;

export interface FuzzRun {
  readonly seed: number;
  readonly milliseconds: number;
  readonly corpus: readonly string[];
  readonly compare: Compare;
}

export interface FuzzTotals {
  inputs: number;
  compared: number;
  /** Ways through our parser that were taken. */
  shapes: number;
}

/** A text that the two parsers do not read alike, or that ours reads in two ways. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement';
  readonly text: string;

  constructor(text: string, seed: number, cause: unknown) {
    super(`seed ${seed}, input ${JSON.stringify(text)}: ${String(cause)}`, { cause });
    this.text = text;
  }
}

/** Texts that took a new way are mutated further; beyond this many, they take the place of older ones. */
const mostKept = 4_096;
const longestKept = 4_096;

/**
 * Mutates messages of the corpus, and those of the mutated ones that took a way through our parser which none had taken
 * before, until the time is over. Throws a `Disagreement`.
 */
export async function fuzz({ seed, milliseconds, corpus, compare }: FuzzRun): Promise<FuzzTotals> {
  const random = new Random(seed);
  const kept = [...corpus];
  const shapes = new Set<string>();
  const totals: FuzzTotals = { inputs: 0, compared: 0, shapes: 0 };
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const text = mutate(random, random.pick(kept), kept);
    if (text === '') continue;
    const cuts = Array.from({ length: random.below(4) }, () => random.below(text.length)).toSorted((a, b) => a - b);
    const { compared, shape } = await compare(text, cuts, random).catch((error: unknown) => {
      throw new Disagreement(text, seed, error);
    });
    totals.inputs++;
    totals.compared += compared;
    if (shapes.has(shape) || text.length > longestKept) continue;
    shapes.add(shape);
    totals.shapes = shapes.size;
    if (kept.length < mostKept) kept.push(text);
    else kept[corpus.length + random.below(mostKept - corpus.length)] = text;
  }
  return totals;
}

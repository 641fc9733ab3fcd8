import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ErrorCode } from '../../src/core/error-codes.ts';
import { readResponse, type ReadResponse } from '../support/http-message.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, requestText } from '../support/raw-client.ts';
import { bodyFor } from './counting-target.ts';

/** What a client got: a whole answer, or a connection that ended before there was one. */
export type Outcome = ReadResponse | 'cut';

export interface Asked {
  readonly path: string;
  readonly method: string;
  readonly bytes: string;
}

/** Asks on a connection of its own, which may be reset before it is there. */
export async function askOnce(t: TestContext, port: number, { bytes, method }: Asked): Promise<Outcome> {
  const client = await RawClient.connect(t, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET') throw error;
    return null;
  });
  if (client === null) return 'cut';
  void client.write(bytes);
  const outcome = await client.until('an answer or the end', (): Outcome | null => {
    const response = readResponse(client.received, method, client.ending === 'closed');
    return response ?? (client.ending === null ? null : 'cut');
  });
  client.socket.destroy();
  return outcome;
}

/** A whole answer is the target's own, or a problem with one of these codes. Returns how it ended, in a word. */
export function assertHonest(outcome: Outcome, { path }: Asked, codes: readonly ErrorCode[]): string {
  if (outcome === 'cut') return 'cut';
  if (outcome.status === 200) {
    assert.equal(outcome.text, bodyFor(path));
    return '200';
  }
  const code = codes.find((each) => outcome.text.includes(`"${each}"`)) ?? assert.fail(outcome.text);
  assertProblem(outcome, code, path);
  return code;
}

/** So many connections of one client are there at once, with a request each: none of its places was lost. */
export async function assertRoomFor(t: TestContext, port: number, count: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.connect(t, port)));
  const path = '/length/room';
  const answers = await Promise.all(clients.map((client) => client.ask(requestText('GET', path))));
  assert.deepEqual(tally(answers.map(({ status }) => String(status))), { 200: count });
  for (const client of clients) client.socket.destroy();
}

/** How often there was each. */
export function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Does something with each, a few at a time. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
  atOnce = 16,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const run = async () => {
    while (next < items.length) {
      const number = next++;
      const item = items[number];
      if (item !== undefined) results[number] = await act(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return results;
}

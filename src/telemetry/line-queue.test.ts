import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handOver } from './fixtures/log-files.ts';
import { LineQueue, pieceLength } from './line-queue.ts';

function add(queue: LineQueue, line: string): boolean {
  return handOver((memory, length) => queue.add(memory, length), line);
}

function queueOf(...lines: string[]): LineQueue {
  const queue = new LineQueue(1_000_000);
  for (const line of lines) assert.ok(add(queue, line));
  queue.seal();
  return queue;
}

function takeNext(queue: LineQueue, mostBytes: number): string {
  const bytes = queue.next(mostBytes);
  if (bytes === null) return '';
  const text = bytes.toString();
  queue.consume(bytes.length);
  return text;
}

test('what is taken ends with the end of a line and is no longer than asked, unless a single line is', () => {
  const queue = queueOf('1\n', '22\n', '333\n', '4444444444\n', '5\n');
  assert.deepEqual(
    [5, 8, 5, 5, 5].map((mostBytes) => takeNext(queue, mostBytes)),
    ['1\n22\n', '333\n', '4444444444\n', '5\n', ''],
  );
  assert.ok(queue.isEmpty);
});

test('lines are counted in bytes of UTF-8, and a piece is made as soon as there is enough for one', () => {
  const queue = new LineQueue(4 * pieceLength);
  const line = `${'é'.repeat(pieceLength / 2 - 1)}\n`;
  add(queue, line);
  assert.ok(!queue.hasPieces && queue.hasUnsealed);
  add(queue, line);
  assert.ok(queue.hasPieces);
  queue.seal();
  assert.equal(takeNext(queue, Infinity) + takeNext(queue, Infinity), line + line);
});

test('a line that does not fit is refused, until there is room again', () => {
  const queue = new LineQueue(10);
  assert.ok(add(queue, '12345678\n'));
  assert.ok(!add(queue, '1\n'));
  assert.ok(add(queue, '\n'));
  queue.seal();
  assert.ok(!add(queue, '\n'));
  queue.consume(10);
  assert.ok(add(queue, '12345678\n'));
});

test('a line written in part goes on where it was left, or from its beginning when it is restarted', () => {
  const queue = queueOf('one\n', 'two\n', 'three\n');
  queue.consume(6);
  assert.equal(queue.next(100)?.toString(), 'o\nthree\n');
  assert.equal(queue.countLines(), 2);
  queue.restartLine();
  assert.equal(queue.next(100)?.toString(), 'two\nthree\n');
  queue.restartLine();
  assert.equal(queue.next(100)?.toString(), 'two\nthree\n');
});

test('all but what is being written can be taken, and the rest of the work goes on unharmed', () => {
  const queue = queueOf('one\n', 'two\n');
  add(queue, 'three\n');
  queue.consume(4);
  assert.equal(queue.takeAfter(4).toString(), 'three\n');
  assert.equal(queue.next(100)?.toString(), 'two\n');
  add(queue, 'four\n');
  queue.consume(4);
  assert.equal(queue.takeAfter(0).toString(), 'four\n');
  assert.ok(queue.isEmpty);
  assert.equal(queue.takeAfter(0).length, 0);
});

test('memory is gathered in again once what was in it is written, and no sooner', () => {
  const queue = new LineQueue(8 * pieceLength);
  const written: string[] = [];
  const expected: string[] = [];
  const memories = new Set<ArrayBufferLike>();
  let pieces = 0;
  const takeOne = (): void => {
    const bytes = queue.next(Infinity);
    assert.ok(bytes !== null);
    pieces += 1;
    memories.add(bytes.buffer);
    written.push(bytes.toString());
    queue.consume(bytes.length);
  };
  for (let line = 0; line < 3000; line += 1) {
    const text = `${line} ${'x'.repeat(1000 + (line % 7))}\n`;
    expected.push(text);
    assert.ok(add(queue, text));
    if (line % 100 !== 99) continue;
    queue.seal();
    // Whoever writes is one piece behind.
    if (line > 100) takeOne();
  }
  while (!queue.isEmpty) takeOne();
  assert.equal(written.join(''), expected.join(''));
  assert.ok(pieces === 30 && memories.size === 2, `${memories.size} memories for ${pieces} pieces`);
});

test('a line that is refused leaves nothing behind', () => {
  const queue = new LineQueue(20);
  assert.ok(add(queue, 'first\n'));
  assert.ok(!add(queue, 'far too long a line\n'));
  assert.ok(add(queue, 'second\n'));
  queue.seal();
  assert.equal(queue.next(100)?.toString(), 'first\nsecond\n');
});

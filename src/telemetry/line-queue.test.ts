import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineQueue, pieceLength } from './line-queue.ts';

function queueOf(...lines: string[]): LineQueue {
  const queue = new LineQueue(1_000_000);
  for (const line of lines) assert.ok(queue.add(line));
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
  const queue = new LineQueue(1_000_000);
  const line = `${'é'.repeat(pieceLength / 2 - 1)}\n`;
  queue.add(line);
  assert.ok(!queue.hasPieces && queue.hasUnsealed);
  queue.add(line);
  assert.ok(queue.hasPieces);
  queue.seal();
  assert.equal(takeNext(queue, 1_000_000) + takeNext(queue, 1_000_000), line + line);
});

test('a line that does not fit is refused, until there is room again', () => {
  const queue = new LineQueue(10);
  assert.ok(queue.add('12345678\n'));
  assert.ok(!queue.add('1\n'));
  assert.ok(queue.add('\n'));
  queue.seal();
  assert.ok(!queue.add('\n'));
  queue.consume(10);
  assert.ok(queue.add('12345678\n'));
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
  queue.add('three\n');
  queue.consume(4);
  assert.equal(queue.takeAfter(4).toString(), 'three\n');
  assert.equal(queue.next(100)?.toString(), 'two\n');
  queue.add('four\n');
  queue.consume(4);
  assert.equal(queue.takeAfter(0).toString(), 'four\n');
  assert.ok(queue.isEmpty);
  assert.equal(queue.takeAfter(0).length, 0);
});

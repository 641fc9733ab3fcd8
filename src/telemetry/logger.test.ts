import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';

const clock = { now: () => 0, wallTime: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) };

function collect(isTTY: boolean): { lines: string[]; stream: { isTTY: boolean; write(line: string): void } } {
  const lines: string[] = [];
  return { lines, stream: { isTTY, write: (line) => void lines.push(line) } };
}

test('a line is one JSON object with time, level, message and the fields', () => {
  const { lines, stream } = collect(false);
  createLogger({ level: 'info', stream, clock }).log('warn', 'A target is unhealthy.', { target: 'http://a:1', n: 2 });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /\n$/);
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    level: 'warn',
    timestamp: '2026-01-02T03:04:05.678Z',
    target: 'http://a:1',
    n: 2,
    message: 'A target is unhealthy.',
  });
});

test('events below the level are dropped, on a terminal too', () => {
  for (const isTTY of [false, true]) {
    const { lines, stream } = collect(isTTY);
    const logger = createLogger({ level: 'warn', stream, clock });
    logger.log('info', 'no');
    logger.log('error', 'yes');
    assert.equal(lines.length, 1, `isTTY ${isTTY}`);
  }
});

test('a terminal gets a line for a reader, whose text cannot steer the terminal', () => {
  const { lines, stream } = collect(true);
  const logger = createLogger({ level: 'debug', stream, clock });
  logger.log('info', 'Ready.', { address: 'http://[::1]:80', note: 'two words', gone: undefined });
  logger.log('error', 'a\u001b[2Jb', { value: 'c\nd' });
  assert.deepEqual(lines, [
    '03:04:05 INFO  Ready. address=http://[::1]:80 note="two words"\n',
    '03:04:05 ERROR a\\u001b[2Jb value="c\\nd"\n',
  ]);
});

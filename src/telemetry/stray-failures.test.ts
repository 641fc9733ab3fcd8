import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { watchStrayFailures } from './stray-failures.ts';

function createWatched() {
  const source = new EventEmitter();
  const log: string[] = [];
  const ended: unknown[] = [];
  const time = { ms: 0 };
  watchStrayFailures({
    source,
    logger: { log: (level, message, fields = {}) => void log.push(`${level} ${message}: ${fields['reason']}`) },
    now: () => time.ms,
    end: (error) => void ended.push(error),
  });
  return { source, log, ended, time };
}

describe('failures that nobody handles', () => {
  test('are told once a second when their text is the same', () => {
    const { source, log, time } = createWatched();
    for (const ms of [0, 10, 999, 1_000, 1_500]) {
      time.ms = ms;
      source.emit('unhandledRejection', 'again');
      source.emit('unhandledRejection', 'other');
    }
    const told = ['again', 'other'].map((text) => `error a promise was rejected and nobody handled it: ${text}`);
    assert.deepEqual(log, [...told, ...told]);
  });

  test('are not told without end, however much their texts differ', () => {
    const { source, log } = createWatched();
    for (let count = 0; count < 1_000; count++) source.emit('unhandledRejection', `request ${count}`);
    assert.equal(log.length, 20);
  });

  test('can be anything', () => {
    const { source, log, ended } = createWatched();
    const unreadable = new Error('x');
    Object.defineProperty(unreadable, 'stack', {
      get() {
        throw new Error('no stack');
      },
    });
    for (const thrown of [undefined, null, Symbol('s'), Object.create(null), unreadable]) {
      source.emit('unhandledRejection', thrown);
    }
    assert.deepEqual(
      log.map((line) => line.replace(/^.*?: /, '')),
      ['undefined', 'null', 'Symbol(s)', 'something of the type object', 'an error that cannot be read'],
    );
    assert.deepEqual(ended, []);
  });

  test('end the thread where an exception comes out of the gateway’s own code', () => {
    const { source, log, ended } = createWatched();
    const defect = new Error('a defect');
    source.emit('uncaughtException', defect);
    assert.deepEqual([ended, log], [[defect], []]);
    source.emit('uncaughtException', 'no error at all');
    assert.equal(ended.length, 1);
    assert.equal(log.length, 1);
  });
});

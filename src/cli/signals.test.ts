import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { watchSignals, type Signals } from './signals.ts';

interface Bench {
  readonly source: EventEmitter;
  readonly signals: Signals;
  readonly exits: number[];
  readonly passOn: (signal: string) => void;
}

function createBench(launched: boolean): Bench {
  const source = new EventEmitter();
  const exits: number[] = [];
  const signals = watchSignals({ source, launched, exit: (code) => void exits.push(code) });
  return { source, signals, exits, passOn: (signal) => void source.emit('message', { signal }) };
}

test('the first signal aborts with its name, the second exits at once with its code', () => {
  const { source, signals, exits } = createBench(false);
  assert.equal(signals.received(), null);
  source.emit('SIGTERM');
  assert.equal(signals.aborted.aborted, true);
  assert.equal(signals.aborted.reason, 'SIGTERM');
  assert.equal(signals.received(), 'SIGTERM');
  assert.deepEqual(exits, []);
  source.emit('SIGINT');
  assert.deepEqual(exits, [130]);
  assert.equal(signals.received(), 'SIGTERM');
});

test('one Ctrl-C that arrives both ways is one signal, whichever way is faster', () => {
  for (const directFirst of [true, false]) {
    const { source, signals, exits, passOn } = createBench(true);
    const ways = [() => void source.emit('SIGINT'), () => passOn('SIGINT')];
    for (const arrive of directFirst ? ways : ways.toReversed()) arrive();
    assert.equal(signals.received(), 'SIGINT');
    assert.deepEqual(exits, []);
    for (const arrive of directFirst ? ways : ways.toReversed()) arrive();
    assert.deepEqual(exits, [130]);
  }
});

test('a kill of the launcher alone is one signal, and so is the next', () => {
  const { signals, exits, passOn } = createBench(true);
  passOn('SIGTERM');
  assert.equal(signals.received(), 'SIGTERM');
  passOn('SIGTERM');
  assert.deepEqual(exits, [143]);
});

test('the death of the launcher ends the process at once', () => {
  const { source, exits } = createBench(true);
  source.emit('disconnect');
  assert.deepEqual(exits, [1]);
});

test('a launcher that died before the watching ends the process too', () => {
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), { connected: false });
  watchSignals({ source, launched: true, exit: (code) => void exits.push(code) });
  assert.deepEqual(exits, [1]);
});

test('messages that are no signals are nothing, and so is a channel to somebody else', () => {
  const launched = createBench(true);
  for (const message of [null, 'SIGINT', { signal: 'SIGKILL' }, { signal: 1 }, {}])
    launched.source.emit('message', message);
  assert.equal(launched.signals.received(), null);
  const alone = createBench(false);
  alone.passOn('SIGTERM');
  alone.source.emit('disconnect');
  assert.equal(alone.signals.received(), null);
  assert.deepEqual(alone.exits, []);
});

test('the channel is not kept open by the watching', () => {
  let unreferenced = 0;
  const source = Object.assign(new EventEmitter(), { channel: { unref: () => void (unreferenced += 1) } });
  watchSignals({ source, launched: true, exit: () => {} });
  assert.equal(unreferenced, 1);
});

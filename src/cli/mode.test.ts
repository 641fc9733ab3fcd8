import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { chooseDoor, findMode } from './mode.ts';

const known = {
  run: ['config', 'workers', 'log-level', 'help'],
  gateway: ['port', 'backends', 'keys', 'workers', 'log-level', 'help'],
};

test('-mode names the command, in the Go form and the GNU form, wherever it stands', () => {
  for (const mode of ['gateway', 'backend', 'client']) {
    for (const words of [
      ['-mode', mode],
      ['-mode=' + mode],
      ['--mode', mode],
      ['--mode=' + mode],
      ['-port', '1', '-mode', mode, '-c', 'x'],
    ]) {
      assert.equal(findMode(words), mode, words.join(' '));
    }
  }
});

test('the last -mode counts', () => {
  assert.equal(findMode(['-mode', 'client', '--mode=backend']), 'backend');
});

test('what is no flag does not name the mode', () => {
  assert.equal(findMode(['-c=-mode', '--', '-mode', 'client']), null);
  assert.equal(findMode([]), null);
});

test('another mode is refused with the nearest one', () => {
  for (const [mode, hint] of [
    ['gatway', ' Did you mean gateway?'],
    ['Backend', ' Did you mean backend?'],
    ['run', ''],
    ['', ''],
  ] as const) {
    assert.throws(
      () => findMode(['-mode', mode]),
      new UsageError(`-mode must be gateway, backend or client, not ${JSON.stringify(mode)}.${hint}`),
    );
  }
});

test('without a mode, the first flag that only one of them has decides between gateway and run', () => {
  const cases: readonly [words: string[], command: string][] = [
    [[], 'run'],
    [['-port', '8080'], 'gateway'],
    [['--keys='], 'gateway'],
    [['-workers', '2'], 'run'],
    [['-workers', '2', '-backends=http://a'], 'gateway'],
    [['-log-level', 'debug', '-help'], 'run'],
    [['-c', 'a.yaml'], 'run'],
    [['-config', 'a.yaml', '-port', '1'], 'run'],
    [['-port', '-5'], 'gateway'],
  ];
  for (const [words, command] of cases) assert.equal(chooseDoor(words, known), command, words.join(' '));
});

test('a misspelled flag counts as the one that was meant', () => {
  assert.equal(chooseDoor(['-prot', '8080'], known), 'gateway');
  assert.equal(chooseDoor(['-mdoe', 'backend'], known), 'gateway');
  assert.equal(chooseDoor(['-confg', 'a.yaml'], known), 'run');
  assert.equal(chooseDoor(['-xyzzy'], known), 'run');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from './parse-flags.ts';

const options = {
  port: { type: 'string' },
  config: { type: 'string', short: 'c' },
  header: { type: 'string', short: 'H', multiple: true },
  'log-level': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function valuesOf(...words: string[]): object {
  return { ...parseFlags(words, options).values };
}

function refusal(...words: string[]): RegExp | { name: string; message: string } {
  try {
    parseFlags(words, options);
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message };
  }
  return { name: 'none', message: '' };
}

test('the Go form and the GNU form say the same', () => {
  for (const words of [['-port', '8080'], ['-port=8080'], ['--port', '8080'], ['--port=8080']]) {
    assert.deepEqual(valuesOf(...words), { port: '8080' });
  }
});

test('a short flag stands for its long one, in every form', () => {
  for (const words of [['-c', 'a.yaml'], ['-c=a.yaml'], ['--config=a.yaml']]) {
    assert.deepEqual(valuesOf(...words), { config: 'a.yaml' });
  }
  assert.deepEqual(valuesOf('-h'), { help: true });
  assert.deepEqual(valuesOf('-H', 'A: 1', '-H', 'B: 2'), { header: ['A: 1', 'B: 2'] });
});

test('a switch is true, and true or false when it says so', () => {
  assert.deepEqual(valuesOf('-json'), { json: true });
  assert.deepEqual(valuesOf('--json=true'), { json: true });
  assert.deepEqual(valuesOf('-json=false'), {});
});

test('arguments stand between flags; after -- everything is an argument', () => {
  assert.deepEqual(parseFlags(['a', '-json', 'b', '--', '-port'], options).positionals, ['a', 'b', '-port']);
});

test('values may hold equals signs, be empty, be a dash or a negative number', () => {
  assert.deepEqual(valuesOf('-header=a=b=c'), { header: ['a=b=c'] });
  assert.deepEqual(valuesOf('--config='), { config: '' });
  assert.deepEqual(valuesOf('-config', '-'), { config: '-' });
  assert.deepEqual(valuesOf('-port', '-5'), { port: '-5' });
  assert.deepEqual(valuesOf('--config=-c'), { config: '-c' });
});

test('an unknown flag is named as it was written, with the nearest known one', () => {
  assert.deepEqual(refusal('-prot', '1'), {
    name: 'UsageError',
    message: 'unknown flag -prot. Did you mean -port?',
  });
  assert.deepEqual(refusal('--loglevel=x'), {
    name: 'UsageError',
    message: 'unknown flag --loglevel. Did you mean --log-level?',
  });
});

test('an unknown flag that is near to none is answered with all of them', () => {
  for (const [word, flag] of [
    ['--xyzzy', '--xyzzy'],
    ['--c=1', '--c'],
    ['--constructor', '--constructor'],
  ] as const) {
    assert.deepEqual(refusal(word), {
      name: 'UsageError',
      message: `unknown flag ${flag}. The flags here are --port, --config, --header, --log-level, --json, --help.`,
    });
  }
});

test('a missing value is an error, and does not swallow the next flag', () => {
  assert.deepEqual(refusal('--port'), { name: 'UsageError', message: '--port needs a value.' });
  assert.deepEqual(refusal('-c', '-json'), {
    name: 'UsageError',
    message: '--config needs a value; write --config=-json if -json is the value.',
  });
  assert.deepEqual(refusal('--json=5'), {
    name: 'UsageError',
    message: '--json is a switch: it takes no value but true or false.',
  });
});

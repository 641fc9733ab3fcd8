import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readInteger, readText, UsageError } from './command.ts';

const port = { fallback: 8081, minimum: 0, maximum: 65_535 };

describe('option values', () => {
  it('fall back when they are not given', () => {
    assert.equal(readText({}, 'name', 'Backend-1'), 'Backend-1');
    assert.equal(readInteger({}, 'port', port), 8081);
  });

  it('are taken from the last of several', () => {
    assert.equal(readText({ name: ['a', 'b'] }, 'name', ''), 'b');
  });

  it('are whole decimal numbers within the range, both ends included', () => {
    assert.equal(readInteger({ port: '0' }, 'port', port), 0);
    assert.equal(readInteger({ port: '65535' }, 'port', port), 65_535);
  });

  for (const text of ['', 'abc', '-1', '1.5', '1e3', '0x10', ' 1', '65536', '9'.repeat(400)]) {
    it(`are refused when a port is ${JSON.stringify(text.slice(0, 20))}, and the message names the option`, () => {
      assert.throws(
        () => readInteger({ port: text }, 'port', port),
        (error) => error instanceof UsageError && error.message.startsWith('--port must be a whole number from 0 to'),
      );
    });
  }

  it('are refused when a text option is a switch', () => {
    assert.throws(() => readText({ name: true }, 'name', ''), UsageError);
  });
});

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import type { ReadStream } from 'node:tty';
import { readHiddenLine } from './hidden-line.ts';

/** A terminal on which somebody types. */
function createTerminal(...typed: readonly string[]) {
  const modes: boolean[] = [];
  const stream = new PassThrough();
  const setRawMode = (isRaw: boolean) => {
    modes.push(isRaw);
    if (isRaw) for (const part of typed) stream.write(part);
    return stream;
  };
  return { terminal: Object.assign(stream, { setRawMode }) as unknown as ReadStream, modes, stream };
}

describe('a line that is not shown', () => {
  test('ends with Enter, whatever pieces it comes in', async () => {
    for (const parts of [['secret\r'], ['se', 'cret', '\n'], ['secrex\u007ft\r'], ['\u007fsecret\r']]) {
      const { terminal, modes } = createTerminal(...parts);
      assert.equal(await readHiddenLine(terminal), 'secret');
      assert.deepEqual(modes, [true, false]);
    }
  });

  test('loses a whole character at a time', async () => {
    assert.equal(await readHiddenLine(createTerminal('a\u{1f511}\u007fb\r').terminal), 'ab');
  });

  test('is none where somebody gives up, or the terminal goes', async () => {
    assert.equal(await readHiddenLine(createTerminal('sec\u0003').terminal), null);
    assert.equal(await readHiddenLine(createTerminal('\u0004').terminal), null);
    const { terminal, stream } = createTerminal('sec');
    const line = readHiddenLine(terminal);
    stream.end();
    assert.equal(await line, null);
  });
});

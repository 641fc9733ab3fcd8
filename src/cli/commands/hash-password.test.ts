import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { parsePasswordHash, verifyPassword } from '../../lib/password-hash.ts';
import { UsageError } from '../command.ts';
import { recordInvocation } from '../invocation.fixture.ts';
import { printHash } from './hash-password.ts';

async function run(input: string, positionals: readonly string[] = []) {
  const { invocation, outputText, errorsText } = recordInvocation({ positionals });
  const code = await printHash(invocation, Readable.from([input]));
  return { code, output: outputText(), errors: errorsText() };
}

describe('sluice hash-password', () => {
  test('prints a hash that the password, without the end of its line, fits', async () => {
    for (const input of ['correct horse', 'correct horse\n', 'correct horse\r\n']) {
      const { code, output } = await run(input);
      const hash = parsePasswordHash(output.trimEnd());
      assert.equal(code, 0);
      assert.ok('tag' in hash, output);
      assert.deepEqual(
        [await verifyPassword('correct horse', hash), await verifyPassword('wrong', hash)],
        [true, false],
      );
    }
  });

  test('refuses no password, and one that no client could send', async () => {
    for (const input of ['', '\n', 'x'.repeat(1_025)]) {
      const { code, output, errors } = await run(input);
      assert.deepEqual({ code, output }, { code: 1, output: '' });
      assert.match(errors, /1 to 1024 characters/);
    }
  });

  test('takes no password from the command line, where others can see it', async () => {
    await assert.rejects(run('', ['secret']), UsageError);
  });
});

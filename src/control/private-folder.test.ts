import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPrivateFolder } from './private-folder.ts';

test('only this user can enter the folder, and it goes with what is in it', async () => {
  const listeners = process.listenerCount('exit');
  const folder = createPrivateFolder();
  assert.equal(statSync(folder.path).mode & 0o777, 0o700);
  assert.equal(process.listenerCount('exit'), listeners + 1);
  writeFileSync(join(folder.path, 'a'), '');
  folder[Symbol.dispose]();
  assert.equal(existsSync(folder.path), false);
  assert.equal(process.listenerCount('exit'), listeners);
});

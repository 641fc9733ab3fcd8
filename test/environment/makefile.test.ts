import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFolder, root, start, type Cleanup } from '../flags/process.fixture.ts';

/** A folder with the Makefile, and with the program where it is looked for. */
function createCheckout(cleanup: Cleanup): string {
  const folder = createFolder(cleanup);
  copyFileSync(join(root, 'Makefile'), join(folder, 'Makefile'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(root, 'bin', 'sluice'), join(folder, 'bin', 'sluice'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function make(cleanup: Cleanup, folder: string, ...words: string[]) {
  return start(cleanup, words, { program: 'make', cwd: folder, limitMs: 40_000 });
}

test('make docker-up and docker-down are commands of docker compose, and need a .env', async (t) => {
  const folder = createCheckout(t);
  for (const target of ['docker-up', 'docker-down']) {
    const { code, errors } = await make(t, folder, target).ended;
    assert.equal(code, 2);
    assert.match(errors, /There is no \.env: type "cp \.env\.example \.env", and set ADMIN_PASSWORD in it\./);
  }
  writeFileSync(join(folder, '.env'), '');
  const planned = await make(t, folder, '--dry-run', 'docker-up', 'docker-down').ended;
  assert.equal(planned.output, 'docker compose up --build --detach\ndocker compose down\n');
});

test('make run is the gateway of .env where there is one', async (t) => {
  const folder = createCheckout(t);
  writeFileSync(join(folder, '.env'), 'PORT=http\nADMIN_AUTH_ENABLED=false\n');
  const { code, output, errors } = await make(t, folder, 'run').ended;
  assert.equal(code, 2);
  assert.equal(output, 'bin/sluice run --env\n');
  assert.match(errors, /^\.env:1: PORT: expected a whole number/);
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { formatIssues } from '../config/issues.ts';
import { readEnvironmentFile } from './environment-file.ts';

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function readText(t: TestContext, text: string | Uint8Array) {
  const folder = createFolder(t);
  writeFileSync(join(folder, '.env'), text);
  return readEnvironmentFile(folder);
}

function issuesOf(t: TestContext, text: string | Uint8Array): string {
  const read = readText(t, text);
  return 'issues' in read ? formatIssues(read.issues) : '';
}

test('variables are read with quotes, comments, export, a byte order mark and either end of a line', (t) => {
  const read = readText(t, '\uFEFFHOST=a\r\n# PORT=1\r\nexport PORT = "80" # b\r\nREDIS_PASSWORD=\'a#b c\'\r\nSTORE=');
  assert.ok('file' in read && read.file !== null);
  assert.deepEqual({ ...read.file.variables }, { HOST: 'a', PORT: '80', REDIS_PASSWORD: 'a#b c', STORE: '' });
  assert.equal(read.file.lineOf('PORT'), 3);
  assert.equal(read.file.lineOf('HOST'), 1);
  assert.equal(read.file.lineOf('WORKERS'), null);
});

test('a folder without the file has none', (t) => {
  assert.deepEqual(readEnvironmentFile(createFolder(t)), { file: null });
});

test('a line that names a variable and sets nothing is refused, without what stands in it', (t) => {
  assert.equal(
    issuesOf(t, 'PORT=1\nADMIN_PASSWORD: hidden\nWORKERS\nOTHER: x\n'),
    '.env:2: ADMIN_PASSWORD: this line sets nothing: expected ADMIN_PASSWORD=value\n' +
      '.env:3: WORKERS: this line sets nothing: expected WORKERS=value',
  );
});

test('what cannot be a file of variables is refused', (t) => {
  assert.match(issuesOf(t, Uint8Array.of(0xff, 0xfe)), /^\.env: the file is not valid UTF-8/);
  assert.match(issuesOf(t, `#${'x'.repeat(1024 * 1024)}`), /^\.env: the file is larger than 1 MiB/);
  const folder = createFolder(t);
  mkdirSync(join(folder, '.env'));
  assert.deepEqual(readEnvironmentFile(folder), {
    issues: [{ path: '', message: 'this is not a regular file', location: { label: '.env' } }],
  });
});

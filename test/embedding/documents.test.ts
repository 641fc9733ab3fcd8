import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { readText, rootFolder } from '../contract/sources.ts';

const page = 'docs/in-a-program.md';
const typesPage = 'docs/configuration-in-typescript.md';

/** The first block of a page in this notation. */
function firstBlock(file: string, language: string): string {
  const found = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(readText(file))?.[1];
  assert.ok(found !== undefined, `${file} has no block of ${language}`);
  return found;
}

/** A folder with these files in which the checkout is installed, as npm does for a path. */
function createFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-embedding-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const packages = path.join(folder, 'node_modules');
  mkdirSync(packages);
  symlinkSync(rootFolder, path.join(packages, 'sluice'));
  symlinkSync(path.join(rootFolder, 'node_modules', '@types'), path.join(packages, '@types'));
  const all = { 'package.json': '{ "private": true, "type": "module" }', ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(path.join(folder, name), text);
  return folder;
}

test('the compiler is content with the programs of the pages, with the settings that are told there', async (t) => {
  const folder = createFolder(t, {
    'tsconfig.json': firstBlock(typesPage, 'json'),
    'gateway.ts': firstBlock(page, 'ts'),
    'sluice.config.ts': firstBlock(typesPage, 'ts'),
  });
  const compiler = path.join(rootFolder, 'node_modules', 'typescript', 'bin', 'tsc');
  const check = promisify(execFile)(process.execPath, [compiler, '--pretty', 'false'], { cwd: folder });
  const printed = await check.then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
  assert.equal(printed, '');
});

test('the program of the page serves, takes over another configuration, and ends when it is told to', async (t) => {
  const folder = createFolder(t, { 'gateway.ts': firstBlock(page, 'ts').replace('127.0.0.1:8080', '127.0.0.1:0') });
  const program = spawn(process.execPath, ['gateway.ts'], { cwd: folder });
  t.after(() => program.kill('SIGKILL'));
  const ended = once(program, 'close') as Promise<[code: number | null]>;
  let text = '';
  const reloaded = Promise.withResolvers<void>();
  for (const stream of [program.stdout, program.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('version 2 is served\n')) reloaded.resolve();
    });
  }
  await Promise.race([reloaded.promise, ended]);
  const url = /"addresses":"(http:[^"]+)"/.exec(text)?.[1];
  assert.ok(url !== undefined && text.includes('version 2 is served\n'), text);
  const answer = await fetch(`${url}/hello`, { headers: { Connection: 'close' } });
  assert.deepEqual([answer.status, await answer.text()], [200, 'hello']);
  program.kill('SIGTERM');
  const [code] = await ended;
  assert.equal(code, 0, text);
});

test('the program of the page tells each issue of a configuration that is wrong', async (t) => {
  const wrong = firstBlock(page, 'ts').replace("upstream: 'api'", "upstream: 'apj'");
  const folder = createFolder(t, { 'gateway.ts': wrong });
  const program = spawn(process.execPath, ['gateway.ts'], { cwd: folder });
  let text = '';
  program.stderr.setEncoding('utf8').on('data', (part: string) => void (text += part));
  const [code] = (await once(program, 'close')) as [number | null];
  assert.equal(code, 1);
  assert.equal(text, firstBlock(page, 'text'));
});

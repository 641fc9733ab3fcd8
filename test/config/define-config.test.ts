import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { rootFolder } from '../contract/sources.ts';

const compiler = path.join(rootFolder, 'node_modules', 'typescript', 'bin', 'tsc');
const fixture = path.join(import.meta.dirname, 'define-config.fixture.ts');
const expectation = /^\s*\/\/ @ts-expect-error/;

/** The numbers of the lines with an error of types, were the fixture's text this one. */
async function findErrorLines(t: TestContext, text: string): Promise<number[]> {
  // Beside the fixture, so that it imports what the fixture imports.
  const copy = path.join(import.meta.dirname, `define-config.${process.pid}.tmp.ts`);
  const project = `${copy}.json`;
  t.after(() => [copy, project].forEach((file) => rmSync(file, { force: true })));
  writeFileSync(copy, text);
  writeFileSync(project, JSON.stringify({ extends: '../../tsconfig.json', include: [], files: [copy] }));
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [compiler, '-p', project, '--pretty', 'false'], { cwd: rootFolder }, (_, written) =>
      resolve(written),
    );
  });
  const found = [...output.matchAll(/^(\S+)\((\d+),\d+\): error/gm)].filter(([, file = '']) =>
    file.endsWith('.tmp.ts'),
  );
  return found.map(([, , line]) => Number(line));
}

test('a configuration in TypeScript is checked by its types', async (t) => {
  assert.deepEqual(await findErrorLines(t, readFileSync(fixture, 'utf8')), []);
});

test('each mistake is an error of types on its own', async (t) => {
  const lines = readFileSync(fixture, 'utf8').split('\n');
  const wrong = lines.flatMap((line, index) => (expectation.test(line) ? [index + 2] : []));
  assert.ok(wrong.length >= 15);
  const text = lines.map((line) => (expectation.test(line) ? '' : line)).join('\n');
  assert.deepEqual([...new Set(await findErrorLines(t, text))], wrong);
});

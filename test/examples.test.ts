import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { findFiles, readText, rootFolder } from './contract/sources.ts';

const launcher = path.join(rootFolder, 'bin', 'sluice');

/** Runs `sluice` with no variables set but those that a program needs; resolves to what it wrote and its exit code. */
async function sluice(...words: readonly string[]): Promise<{ code: number | string; text: string }> {
  return await sluiceWith({}, ...words);
}

async function sluiceWith(
  variables: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<{ code: number | string; text: string }> {
  const options = { cwd: rootFolder, env: { PATH: process.env['PATH'], ...variables } };
  return await new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...words], options, (error, output, errors) => {
      resolve({ code: error === null ? 0 : (error.code ?? 'ended by a signal'), text: output + errors });
    });
  });
}

const check = (file: string) => sluice('check', file);

/** Something for each variable that a configuration has to have. */
function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/\$\{(\w+)\}/g)].flatMap(([, name]) => (name ? [[name, name]] : [])));
}

/** The blocks of a document that are whole configurations, by the line that each begins in. */
function listConfigurations(markdown: string): { line: number; text: string }[] {
  return [...markdown.matchAll(/^```yaml\n([^]*?)^```$/gm)]
    .map((match) => ({ line: markdown.slice(0, match.index).split('\n').length + 1, text: match[1] ?? '' }))
    .filter(({ text }) => /^listeners:/m.test(text));
}

describe('the examples', () => {
  const found = findFiles('examples/*.{yaml,yml,toml,json}', 'examples/*/sluice.config.ts');
  const tests = found.filter((file) => file.includes('.test.'));
  const files = found.filter((file) => !tests.includes(file));

  test('exist', () => assert.ok(files.length > 0 && tests.length > 0));

  for (const file of tests) {
    test(`keep what ${file} promises`, async () => {
      const { code, text } = await sluice('test', file);
      assert.equal(code, 0, text);
    });
  }

  for (const file of files) {
    test(`hold no issue in ${file}, and nothing that is hardly meant`, async () => {
      const { code, text } = await sluiceWith(variablesOf(readText(file)), 'check', '--strict', file);
      assert.equal(code, 0, text);
      assert.match(text, /is valid/);
    });
  }

  test('are all in their table', () => {
    const table = readText('examples/README.md');
    const missing = found.filter((file) => !table.includes(`](${file.slice('examples/'.length)})`));
    assert.deepEqual(missing, []);
  });
});

describe('the configurations in the documents', () => {
  const documents = findFiles('*.md', 'docs/**/*.md');
  const found = documents.flatMap((document) =>
    listConfigurations(readText(document)).map((configuration) => ({ document, ...configuration })),
  );

  test('exist', () => assert.ok(found.length > 0));

  for (const { document, line, text } of found) {
    test(`hold no issue in ${document}, line ${line}`, async (t) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const file = path.join(folder, 'sluice.yaml');
      writeFileSync(file, text);
      // Documents speak of the policies of the examples, and of variables that the reader has set.
      cpSync(path.join(rootFolder, 'examples', 'policies'), path.join(folder, 'policies'), { recursive: true });
      const { code, text: output } = await sluiceWith(variablesOf(text), 'check', file);
      assert.equal(code, 0, output);
    });
  }
});

test('a configuration that is wrong would be found', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'sluice.yaml');
  const [wrong] = listConfigurations('text\n```yaml\nlisteners: []\n```\n');
  assert.deepEqual(wrong, { line: 3, text: 'listeners: []\n' });
  writeFileSync(file, wrong?.text ?? '');
  const { code, text } = await check(file);
  assert.equal(code, 1);
  assert.match(text, /listeners/);
});

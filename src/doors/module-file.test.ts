import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Document } from '../config/document.ts';
import { formatIssues, type Issue } from '../config/issues.ts';
import { readConfigFile } from './file.ts';

const ownUrl = 'data:text/javascript,export const defineConfig = (config) => config;';

function createFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function read(path: string, variables = {}): Promise<Document> {
  const result = await readConfigFile(path, variables, ownUrl);
  assert.ok('document' in result, JSON.stringify(result));
  return result.document;
}

/** The issues of a module, with its folder taken out. */
async function issuesOf(t: TestContext, text: string, name = 'sluice.config.ts'): Promise<string> {
  const folder = createFolder(t, { [name]: text, 'other.ts': 'export const one: number = 1;\n' });
  const result = await readConfigFile(join(folder, name), {}, ownUrl);
  const issues: readonly Issue[] = 'issues' in result ? result.issues : result.document.issues;
  return formatIssues(issues).replaceAll(`${folder}/`, '');
}

describe('a configuration is what a module exports', () => {
  const modules = {
    'as its default': 'export default { workers: 2 };',
    'as config': 'export const config = { workers: 2 };',
    'as a promise': 'export default Promise.resolve({ workers: 2 });',
    'as a function': 'export default () => ({ workers: 2 });',
    'as an asynchronous function': 'export const config = async () => ({ workers: await Promise.resolve(2) });',
    'with types': 'interface Wanted { workers: number }\nexport const config: Wanted = { workers: 2 };',
    'with another module': "import { two } from './two.ts';\nexport const config = { workers: two };",
    'with the types of the language':
      "import { defineConfig } from 'sluice';\nexport default defineConfig({ workers: 2 } as never);",
    'without what is undefined': 'export const config = { workers: 2, admin: undefined };',
  };
  for (const [name, text] of Object.entries(modules)) {
    test(name, async (t) => {
      const folder = createFolder(t, { 'sluice.config.ts': text, 'two.ts': 'export const two: number = 2;' });
      assert.deepEqual((await read(join(folder, 'sluice.config.ts'))).value, { workers: 2 });
    });
  }

  for (const name of ['sluice.config.js', 'sluice.config.mjs', 'sluice.config.mts']) {
    test(`in ${name}`, async (t) => {
      const folder = createFolder(t, { [name]: 'export default { workers: 2 };' });
      assert.deepEqual((await read(join(folder, name))).value, { workers: 2 });
    });
  }
});

test('a module has the variables as its environment, and texts are filled in from them', async (t) => {
  const text = "export default { a: process.env['A'], b: '${B}', c: process.env['HOME'] ?? 'unset' };";
  const folder = createFolder(t, { 'sluice.config.ts': text });
  const document = await read(join(folder, 'sluice.config.ts'), { A: '1', B: '2' });
  assert.deepEqual(document.value, { a: '1', b: '2', c: 'unset' });
  assert.deepEqual([...document.references], [['["b"]', [{ name: 'B', isDefault: false }]]]);
});

test('a module, and what it imports, is read anew each time', async (t) => {
  const folder = createFolder(t, {
    'sluice.config.ts': "import { workers } from './workers.ts';\nexport default { workers };",
    'workers.ts': 'export const workers = 2;',
  });
  const path = join(folder, 'sluice.config.ts');
  const document = await read(path);
  assert.deepEqual(document.value, { workers: 2 });
  assert.deepEqual(document.files, [path, join(folder, 'workers.ts')]);
  writeFileSync(join(folder, 'workers.ts'), 'export const workers = 3;');
  assert.deepEqual((await read(path)).value, { workers: 3 });
  writeFileSync(path, 'export default { workers: 4 };');
  assert.deepEqual((await read(path)).value, { workers: 4 });
});

test('an issue has the file for its place, and the path of the property', async (t) => {
  const folder = createFolder(t, { 'sluice.config.ts': 'export default { routes: [{ upstream: 5 }] };' });
  const path = join(folder, 'sluice.config.ts');
  assert.deepEqual((await read(path)).locate(['routes', 0, 'upstream']), { label: path });
});

test('what is no plain data is told by its path', async (t) => {
  const text = `export default {
    a: () => 1,
    b: new URL('http://x.example'),
    c: [{ d: new Map() }, NaN, 1n, Symbol('x'), undefined],
    e: Promise.resolve(1),
    f: '\${NOT_SET}',
  };`;
  assert.equal(
    await issuesOf(t, text),
    [
      'sluice.config.ts: a: expected plain data, got a function',
      'sluice.config.ts: b: expected plain data, got a URL: write its "href"',
      'sluice.config.ts: c[0].d: expected plain data, got an object of the class "Map"',
      'sluice.config.ts: c[1]: expected plain data, got NaN',
      'sluice.config.ts: c[2]: expected plain data, got a bigint',
      'sluice.config.ts: c[3]: expected plain data, got a symbol',
      'sluice.config.ts: c[4]: expected plain data, got undefined',
      'sluice.config.ts: e: expected plain data, got a promise: write "await" before it',
      'sluice.config.ts: f: the environment variable NOT_SET is not set: set it, or write ${NOT_SET:-default}',
    ].join('\n'),
  );
});

describe('a module that gives no configuration is one issue', () => {
  const modules = {
    'where it throws': [
      'const a: number = 1;\nfunction f(): number {\n  throw new RangeError(`too ${a}`);\n}\nexport default { a: f() };\n',
      'sluice.config.ts:3:9: the module throws RangeError: too 1\n    throw new RangeError(`too ${a}`);\n          ^',
    ],
    'where it throws no error': ["throw 'a text';", 'sluice.config.ts: the module throws a text'],
    'where its function throws': [
      "export default () => {\n  throw new Error('no');\n};",
      "sluice.config.ts:2:9: the module throws Error: no\n    throw new Error('no');\n          ^",
    ],
    'where it is not well-formed': [
      'export default {\n  a: 1,\n  b: }\n',
      'sluice.config.ts:3:6: not well-formed: Expression expected\n    b: }\n       ^',
    ],
    'where it has what types cannot be taken from': [
      'enum Colour { red }\nexport default {};\n',
      'sluice.config.ts:1:1: not well-formed: TypeScript enum is not supported in strip-only mode\n  enum Colour { red }\n  ^',
    ],
    'where it imports what is not there': [
      "import { two } from './other.ts';\nexport default { two };\n",
      "sluice.config.ts:1:10: the requested module './other.ts' does not provide an export named 'two'\n  import { two } from './other.ts';\n           ^",
    ],
    'where it imports from nowhere': [
      "import './nothing.ts';\nexport default {};\n",
      "sluice.config.ts: cannot find module 'nothing.ts' imported from sluice.config.ts",
    ],
    'where it exports nothing': [
      'export const other = {};',
      'sluice.config.ts: the module exports no configuration: write "export default defineConfig({ … })"',
    ],
    'where it waits for ever': [
      'await new Promise(() => undefined);\nexport default {};',
      'sluice.config.ts: the module waits for a promise that is never settled, or ends the program',
    ],
    'where it ends the program': [
      'process.exit(3);\nexport default {};',
      'sluice.config.ts: the module ended the program with the exit code 3',
    ],
  } as const;
  for (const [name, [text, expected]] of Object.entries(modules)) {
    test(name, async (t) => assert.equal(await issuesOf(t, text), expected));
  }

  test('where a module in JavaScript is not well-formed', async (t) => {
    const issues = await issuesOf(t, 'export default\n  { a: 1, b: };\n', 'sluice.config.mjs');
    assert.equal(
      issues,
      "sluice.config.mjs:2:14: not well-formed: Unexpected token '}'\n    { a: 1, b: };\n               ^",
    );
  });
});

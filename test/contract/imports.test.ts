import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import {
  isTestFile,
  listReferences,
  parseSource,
  readSources,
  readText,
  resolveReference,
  rootFolder,
} from './sources.ts';
import type { SourceFile } from './sources.ts';

/** Folder of `src` → the folders that it may import. Type imports count as well. */
const importTable: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  core: ['lib'],
  http1: ['core', 'lib'],
  config: ['core', 'lib'],
  routing: ['core', 'lib'],
  state: ['core', 'lib'],
  policies: ['state', 'core', 'lib'],
  upstream: ['state', 'http1', 'core', 'lib'],
  stores: ['core', 'lib'],
  telemetry: ['core', 'lib'],
  snapshot: ['http1', 'config', 'routing', 'state', 'upstream', 'stores', 'telemetry', 'core', 'lib'],
  'data-plane': ['snapshot', 'upstream', 'http1', 'state', 'telemetry', 'core', 'lib'],
  control: ['config', 'state', 'stores', 'telemetry', 'core', 'lib'],
  admin: ['config', 'state', 'stores', 'telemetry', 'core', 'lib'],
  doors: ['config', 'core', 'lib'],
  'mock-backend': ['core', 'lib'],
  'test-client': ['core', 'lib'],
  simulation: ['data-plane', 'snapshot', 'upstream', 'http1', 'state', 'stores', 'control', 'config', 'core', 'lib'],
  expectations: ['simulation', 'config', 'core', 'lib'],
  explain: ['data-plane', 'snapshot', 'upstream', 'http1', 'state', 'stores', 'config', 'core', 'lib'],
};

/** These may import anything, and none of the folders above may import them. */
const compositionFolders = ['cli'];
const compositionFiles = ['app.ts', 'app.test.ts', 'embedded-gateway.ts', 'index.ts', 'index.test.ts', 'worker.ts'];

/** These import what a user has written, which has a name that nobody knows. */
const loadersOfUserModules = ['src/lib/user-module.ts'];

/** `src/http1/head-parser.ts` → `http1`; `src/app.ts` → `app.ts`; `bin/sluice` → `bin`. */
function areaOf(file: string): string {
  const [top = '', next = ''] = file.split('/');
  return top === 'src' ? next : top;
}

function mayImport(from: string, to: string): boolean {
  if (from === to || compositionFolders.includes(from) || compositionFiles.includes(from)) return true;
  if (from === 'bin') return to === 'cli';
  return importTable[from]?.includes(to) ?? false;
}

function findForbiddenImports(source: SourceFile): string[] {
  const from = areaOf(source.path);
  return listReferences(source).flatMap(({ specifier, line }) => {
    const place = `${source.path}:${line}`;
    if (specifier === undefined && loadersOfUserModules.includes(source.path)) return [];
    if (specifier === undefined) return [`${place}: a module's name must be written out, so that it can be checked`];
    const target = resolveReference(source, specifier);
    if (target === undefined || target === 'package.json') return [];
    if (!target.startsWith('src/')) return [`${place}: ${specifier} is outside of src`];
    if (isTestFile(target) && !isTestFile(source.path)) return [`${place}: ${specifier} is there for tests only`];
    const to = areaOf(target);
    return mayImport(from, to) ? [] : [`${place}: ${from} may not import ${to} (${specifier})`];
  });
}

function findUnknownEntries(entries: readonly { name: string; isDirectory(): boolean }[]): string[] {
  const isKnown = (entry: { name: string; isDirectory(): boolean }) =>
    entry.isDirectory()
      ? Object.hasOwn(importTable, entry.name) || compositionFolders.includes(entry.name)
      : compositionFiles.includes(entry.name);
  return entries.filter((entry) => !isKnown(entry)).map(({ name }) => name);
}

describe('the import table', () => {
  test('holds for every file of src and bin', () => {
    const sources = readSources('src/**/*.ts', 'bin/sluice');
    assert.ok(sources.length > 0);
    assert.deepEqual(sources.flatMap(findForbiddenImports), []);
  });

  test('knows every folder and file directly in src', () => {
    const entries = readdirSync(path.join(rootFolder, 'src'), { withFileTypes: true });
    assert.deepEqual(findUnknownEntries(entries), []);
  });

  test('is the one that the linter holds to, so that an editor shows what this test would', () => {
    const areas = [...Object.keys(importTable), ...compositionFolders];
    const expected = Object.entries(importTable).map(([folder, allowed]) => {
      const forbidden = areas.filter((area) => area !== folder && !allowed.includes(area));
      const regex = `^(\\.\\./)+(${forbidden.join('|')})/|^(\\.\\./)+app\\.ts$`;
      const message = `src/${folder} may import ${allowed.length === 0 ? 'nothing of ours' : `only ${allowed.join(', ')}`}.`;
      const rules = { 'no-restricted-imports': ['error', { patterns: [{ regex, message }] }] };
      return { files: [`src/${folder}/**/*.ts`], rules };
    });
    const { overrides } = JSON.parse(readText('.oxlintrc.json')) as { overrides: { rules: object }[] };
    const actual = overrides.filter(({ rules }) => Object.hasOwn(rules, 'no-restricted-imports'));
    assert.deepEqual(actual, expected);
  });
});

describe('the check of imports', () => {
  const forbidden: readonly [why: string, file: string, text: string][] = [
    ['an import', 'src/lib/a.ts', "import { x } from '../core/x.ts';"],
    ['an import for its effect', 'src/lib/a.ts', "import '../core/x.ts';"],
    ['a type import', 'src/http1/a.ts', "import type { X } from '../config/x.ts';"],
    ['an import type in a type', 'src/http1/a.ts', "type X = import('../config/x.ts').X;"],
    ['an export from', 'src/routing/a.ts', "export { x } from '../state/x.ts';"],
    ['an export of everything', 'src/routing/a.ts', "export * from '../state/x.ts';"],
    ['a dynamic import', 'src/control/a.ts', "await import('../data-plane/worker.ts');"],
    ['a dynamic import by template', 'src/control/a.ts', 'await import(`../data-plane/worker.ts`);'],
    ['a dynamic import of a computed name', 'src/control/a.ts', 'await import(name);'],
    ['the URL of a worker', 'src/control/a.ts', "new URL('../data-plane/worker.ts', import.meta.url);"],
    ['a resolved module', 'src/admin/a.ts', "import.meta.resolve('../data-plane/worker.ts');"],
    ['a required module', 'src/admin/a.ts', "require('../data-plane/worker.ts');"],
    ['a deeper folder', 'src/upstream/balancers/a.ts', "import { x } from '../../snapshot/x.ts';"],
    ['the composition root', 'src/control/a.ts', "import { x } from '../app.ts';"],
    ['the command line', 'src/doors/a.ts', "import { x } from '../cli/command.ts';"],
    ['the package by its own name', 'src/admin/a.ts', "import { createGateway } from 'sluice';"],
    ['a fixture in what is shipped', 'src/lib/a.ts', "import { x } from './x.fixture.ts';"],
    [
      'something of a folder of fixtures in what is shipped',
      'src/lib/a.ts',
      "new URL('./fixtures/x.ts', import.meta.url);",
    ],
    ['a folder outside of src', 'src/lib/a.ts', "import { x } from '../../test/x.ts';"],
    ['anything but the command line, from the launcher', 'bin/sluice', "import('../src/app.ts');"],
  ];
  for (const [why, file, text] of forbidden) {
    test(`refuses ${why}`, () => assert.equal(findForbiddenImports(parseSource(file, text)).length, 1));
  }

  test('refuses a folder or a file in src that the table does not have', () => {
    const folder = { name: 'misc', isDirectory: () => true };
    const file = { name: 'server.ts', isDirectory: () => false };
    const known = { name: 'lib', isDirectory: () => true };
    assert.deepEqual(findUnknownEntries([folder, file, known]), ['misc', 'server.ts']);
  });

  test('lets through what the table allows', () => {
    const text = [
      "import { readFile } from 'node:fs/promises';",
      "import type { StateShape } from '../../state/layout.ts';",
      "import { x } from '../pool.ts';",
    ].join('\n');
    assert.deepEqual(findForbiddenImports(parseSource('src/upstream/balancers/a.ts', text)), []);
    assert.deepEqual(findForbiddenImports(parseSource('src/lib/a.test.ts', "import './x.fixture.ts';")), []);
    assert.deepEqual(findForbiddenImports(parseSource('bin/sluice', "import('../src/cli/main.ts');")), []);
  });
});

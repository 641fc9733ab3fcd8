import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTestFile, listReferences, readSources, readText } from './sources.ts';

type Versions = Readonly<Record<string, string>>;

interface Manifest {
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly optionalDependencies: Versions;
}

interface LockedPackage {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(readText('package.json')) as Manifest;
const page = readText('docs/dependencies.md');

/** The rows of the first table below a heading, cells without their marks. */
function rowsBelow(heading: string, text: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

function versionsBelow(heading: string, text: string): Versions {
  return Object.fromEntries(rowsBelow(heading, text).map(([name = '', version = '']) => [name, version]));
}

/** `hono` of `hono/factory`, `@hono/node-server` of itself; undefined for a file of ours and for Node's modules. */
function packageOf(specifier: string): string | undefined {
  if (/^[./]/.test(specifier) || specifier.startsWith('node:') || specifier === 'sluice') return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The folders of `src` that import each package outside of tests. */
function findUse(): Map<string, Set<string>> {
  const use = new Map<string, Set<string>>();
  for (const source of readSources('src/**/*.ts')) {
    if (isTestFile(source.path)) continue;
    const folder = source.path.split('/').slice(1, -1)[0] ?? '';
    for (const { specifier } of listReferences(source)) {
      const name = specifier === undefined ? undefined : packageOf(specifier);
      if (name === undefined) continue;
      const folders = use.get(name) ?? new Set();
      use.set(name, folders.add(folder));
    }
  }
  return use;
}

describe('the dependencies', () => {
  test('are those on their page, in the same versions', () => {
    assert.deepEqual(versionsBelow('Production', page), manifest.dependencies);
    assert.deepEqual(versionsBelow('Node.js itself', page), manifest.optionalDependencies);
    assert.deepEqual(versionsBelow('Development', page), manifest.devDependencies);
  });

  test('have exact versions', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name);
    }
  });

  test('of production are used where the page says, and nowhere else', () => {
    const written = rowsBelow('Production', page).map(([name = '', , folders = '']) => [name, folders.split(', ')]);
    const found = [...findUse()].map(([name, folders]) => [name, [...folders].toSorted()]);
    assert.deepEqual(Object.fromEntries(written), Object.fromEntries(found));
  });

  test('come from the registry with their hashes, and run nothing when they are installed', () => {
    const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockedPackage> };
    const locked = Object.entries(packages).filter(([place]) => place !== '');
    assert.ok(locked.length > 20);
    for (const [place, { resolved, integrity = '', hasInstallScript = false }] of locked) {
      // Left out, it is the registry.
      if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, place);
      assert.match(integrity, /^sha512-/, place);
      assert.equal(hasInstallScript, false, place);
    }
  });

  test('are read off tables and imports as they are written', () => {
    const table =
      '# A\n\n## Production\n\n| a | b |\n| --- | --- |\n| `x` | 1.0.0 |\n| `@y/z` | 2.0.0 |\n\n## Next\n\n| `w` | 3 |\n';
    assert.deepEqual(versionsBelow('Production', table), { x: '1.0.0', '@y/z': '2.0.0' });
    assert.deepEqual(versionsBelow('Nothing', table), {});
    const specifiers = ['hono/factory', '@hono/node-server', 'node:fs', './a.ts', '../b.ts', 'sluice'];
    const none = undefined;
    assert.deepEqual(specifiers.map(packageOf), ['hono', '@hono/node-server', none, none, none, none]);
  });
});

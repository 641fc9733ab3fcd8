import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { buildPackage, publishedManifest, readManifest, renameModules } from '../../scripts/build-package.ts';
import { rootFolder, toolEnvironment } from '../../scripts/run-tool.ts';

test('the package is JavaScript that runs, without tests and without what is for development', (t) => {
  // Below the root, so that what it depends on is found.
  const folder = path.join(rootFolder, 'dist', `test-${process.pid}`);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  buildPackage(folder);
  const files = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  const odd = files.filter((name) => /\.(test|fixture)\.|[^d]\.ts$/.test(name) && !name.endsWith('.d.ts'));
  assert.deepEqual(odd, []);
  const written = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(written).toSorted(), [
    'bin',
    'dependencies',
    'description',
    'engines',
    'exports',
    'license',
    'name',
    'type',
    'version',
  ]);
  for (const file of ['README.md', 'LICENSE', 'SECURITY.md', 'src/index.js', 'src/index.d.ts', 'src/worker.js']) {
    assert.ok(existsSync(path.join(folder, file)), file);
  }
  const program = path.join(folder, 'bin/sluice');
  const example = path.join(rootFolder, 'examples/first-steps.yaml');
  const { status, stdout, stderr } = spawnSync(program, ['check', example], { encoding: 'utf8', env: toolEnvironment });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /is valid/);
});

test('the published manifest asks for a Node.js in place of bringing one', () => {
  const root = readManifest();
  const written = { ...root, private: true, optionalDependencies: { a: '1' } };
  const manifest = publishedManifest(written, '24.15.0');
  assert.partialDeepStrictEqual(manifest, { engines: { node: '>=24.15.0' }, dependencies: root.dependencies });
  assert.equal('optionalDependencies' in manifest || 'private' in manifest || 'scripts' in manifest, false);
});

test('what is handed on as a URL is renamed, and what would lead nowhere is found', () => {
  const worker = "new Worker(new URL('./worker.ts', import.meta.url), {});";
  assert.equal(renameModules(worker, 'a.js'), worker.replace('.ts', '.js'));
  const plain = "import { a } from './a.js'; // as b.ts does\nconst name = 'sluice.config.ts';";
  assert.equal(renameModules(plain, 'a.js'), plain);
  for (const text of ["await import('./a.ts')", "import { a } from '../a.ts';", "new URL('./a.ts', base)"]) {
    assert.throws(() => renameModules(text, 'a.js'), /a\.js: .* would lead nowhere/);
  }
});

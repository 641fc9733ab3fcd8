import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isPosition } from '../config/issues.ts';
import { findConfigFile, readConfigFile } from './file.ts';

const ownUrl = 'data:text/javascript,export const defineConfig = (config) => config;';
let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-file-door-'));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function writeConfig(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a file is read and its variables are filled in', async () => {
  const cases = {
    'a.yaml': 'workers: ${N}',
    'a.yml': 'workers: ${N}',
    'a.TOML': 'workers = "${N}"',
    'a.json': '{"workers":"${N}"}',
  };
  for (const [name, text] of Object.entries(cases)) {
    const path = writeConfig(name, text);
    const result = await readConfigFile(path, { N: '3' }, ownUrl);
    assert.ok('document' in result, name);
    assert.deepEqual({ ...(result.document.value as object) }, { workers: '3' });
    const location = result.document.locate(['workers'], 'key');
    assert.ok(isPosition(location) && location.file === path && location.line === 1);
  }
});

test('a file that cannot be read is one issue that says why', async () => {
  mkdirSync(join(folder, 'folder.yaml'));
  const cases: [string, RegExp][] = [
    [join(folder, 'missing.yaml'), /no such file/],
    [join(folder, 'a.yaml', 'b.yaml'), /no such file/],
    [join(folder, 'folder.yaml'), /folder/],
    [writeConfig('a.ini', ''), /expected a file that ends in \.yaml, \.yml, \.toml, \.json/],
    [writeConfig('none', ''), /expected a file/],
    [writeConfig('latin1.yaml', new Uint8Array([0x61, 0x3a, 0x20, 0xe9])), /UTF-8/],
    [writeConfig('large.yaml', 'x'.repeat(1024 * 1024 + 1)), /1 MiB/],
  ];
  for (const [path, message] of cases) {
    const result = await readConfigFile(path, {}, ownUrl);
    assert.ok('issues' in result, path);
    assert.equal(result.issues.length, 1);
    assert.match(result.issues[0]?.message ?? '', message);
    assert.deepEqual(result.issues[0]?.location, { label: path });
  }
});

test('the configuration of a folder is found by its name', () => {
  const found = mkdtempSync(join(folder, 'found-'));
  assert.equal(findConfigFile(found), undefined);
  for (const name of ['sluice.json', 'sluice.toml', 'sluice.yml', 'sluice.yaml']) {
    writeFileSync(join(found, name), '');
    assert.equal(findConfigFile(found), join(found, name));
  }
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { launcher, startProcess } from '../support/gateway-process.ts';
import { listFileVariable, readLoaded, type LoadedSources } from './loaded-modules.ts';

const probe = new URL('./module-probe.ts', import.meta.url).href;

/** Of Node.js, for `fetch`, which `http` makes when it is imported, and not when it is asked for in another way. */
const undici = 'internal/deps/undici/undici';

const document = {
  listeners: [{ address: '127.0.0.1:0' }],
  admin: { address: '127.0.0.1:0' },
  access_log: false,
  upstreams: { a: { targets: ['http://127.0.0.1:9'], health: { interval: '1h' } } },
  routes: [{ name: 'a', policies: [{ api_key: {} }, { rate_limit: { by: 'ip', limit: '10/s' } }], upstream: 'a' }],
};

/** A file takes about a third of a millisecond, by the control thread before anybody is served. */
const mostWorkerFiles = 215;

interface Loaded {
  readonly control: LoadedSources;
  readonly worker: LoadedSources;
}

/** What the threads of a gateway have loaded by the time that it serves. */
async function loadedBy(t: TestContext, words: (folder: string) => readonly string[]): Promise<Loaded> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'sluice.json'), JSON.stringify(document));
  writeFileSync(path.join(folder, 'sluice.yaml'), JSON.stringify(document));
  const running = startProcess(t, process.execPath, ['--import', probe, launcher, ...words(folder)], {
    environment: { [listFileVariable]: folder, ADMIN_PASSWORD: 'for-a-test', PORT: '0', SLUICE_DATA: folder },
  });
  await running.shows(/the gateway serves/);
  running.child.kill('SIGTERM');
  await running.ended;
  return { control: readLoaded(folder, 'control'), worker: readLoaded(folder, 'worker') };
}

const foldersOf = ({ files }: LoadedSources): ReadonlySet<string> =>
  new Set(files.flatMap((file) => /^src\/([^/]+)\//.exec(file)?.[1] ?? []));

type Words = (folder: string) => readonly string[];

const readsJson: Words = (folder) => ['run', path.join(folder, 'sluice.json'), '--workers', '1'];
const readsYaml: Words = (folder) => ['run', path.join(folder, 'sluice.yaml'), '--workers', '1'];
const readsFlags: Words = (folder) => {
  const backends = ['-backends', 'http://127.0.0.1:9', '-health-interval', '1h'];
  return ['-port', '0', '-workers', '1', '-log-file', path.join(folder, 'access.log'), ...backends];
};
const readsEnvironment: Words = () => ['run', '--env', '--workers', '1'];

describe('by the time that a gateway serves', () => {
  test('a worker has loaded what serves requests, and nothing of configurations and their schemas', async (t) => {
    const { worker } = await loadedBy(t, readsJson);
    assert.deepEqual([...worker.packages], ['lru-cache']);
    const folders = foldersOf(worker);
    assert.ok(folders.has('data-plane'));
    for (const folder of ['config', 'control', 'admin', 'doors', 'cli', 'explain', 'simulation', 'mock-backend']) {
      assert.ok(!folders.has(folder), `a worker loads src/${folder}`);
    }
    assert.ok(worker.files.length <= mostWorkerFiles, `${worker.files.length} files of ours`);
    for (const name of ['http', undici]) assert.ok(!worker.builtIn.has(name), `a worker loads ${name}`);
    assert.notEqual(worker.compileCache, null);
  });

  const doors: readonly (readonly [what: string, words: Words, packages: readonly string[], mostFiles: number])[] = [
    ['in JSON', readsJson, [], 190],
    ['in YAML', readsYaml, ['yaml'], 190],
    ['in flags', readsFlags, [], 175],
    ['in the environment', readsEnvironment, [], 200],
  ];
  for (const [what, words, packages, mostFiles] of doors) {
    test(`its control thread has loaded no more than a configuration ${what} needs`, async (t) => {
      const { control } = await loadedBy(t, words);
      assert.deepEqual([...control.packages].toSorted(), ['lru-cache', ...packages, 'zod']);
      const endpoints = control.files.filter((file) => /^src\/admin\/(?:endpoints\/|admin-app)/.test(file));
      assert.deepEqual(endpoints, []);
      assert.ok(control.files.length <= mostFiles, `${control.files.length} files of ours`);
      assert.ok(!control.builtIn.has(undici));
      assert.notEqual(control.compileCache, null);
    });
  }
});

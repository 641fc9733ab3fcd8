import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { launcher, startProcess, type RunningProcess } from '../support/gateway-process.ts';

const module = `
  import { defineConfig } from 'sluice';
  import { text } from './text.ts';
  export default defineConfig({
    listeners: [{ address: '127.0.0.1:0' }],
    workers: 1,
    access_log: false,
    upstreams: { spare: { targets: ['http://127.0.0.1:9'], health: false } },
    routes: [{ name: 'all', respond: { body: text } }],
  });
`;

function writeFiles(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return folder;
}

async function readFirst(running: RunningProcess): Promise<() => Promise<string>> {
  const [, url = ''] = await running.shows(/"addresses":"([^"]+)"/);
  return async () => await (await fetch(url)).text();
}

test('a gateway with a configuration in TypeScript takes over a change of what that imports', async (t) => {
  const folder = writeFiles(t, { 'sluice.config.ts': module, 'text.ts': "export const text = 'one';\n" });
  const running = startProcess(t, launcher, ['run', path.join(folder, 'sluice.config.ts')]);
  const read = await readFirst(running);
  assert.equal(await read(), 'one');
  writeFileSync(path.join(folder, 'text.ts'), "export const text = 'two';\n");
  await running.shows(/"version":2,.*"the configuration has been reloaded"/);
  assert.equal(await read(), 'two');
  writeFileSync(path.join(folder, 'text.ts'), 'export const text = ;\n');
  await running.shows(/text\.ts:1:21: not well-formed/);
  assert.equal(await read(), 'two');
});

test('what is hardly meant is a warning in the log, at the start and at a reload, unless it is switched off', async (t) => {
  const text =
    'listeners: [{ address: 127.0.0.1:0 }]\nworkers: 1\nupstreams:\n  spare: { targets: [http://127.0.0.1:9], health: false }\n';
  const folder = writeFiles(t, { 'sluice.yaml': text });
  const file = path.join(folder, 'sluice.yaml');
  const running = startProcess(t, launcher, ['run', file]);
  await running.shows(/"addresses":/);
  assert.match(running.text(), /"level":"warn".*sluice\.yaml:4:3: upstreams\.spare: .* \[SL002\]"/);
  writeFileSync(file, `${text}trusted_proxies: [0.0.0.0/0]\n`);
  await running.shows(/"version":2/);
  assert.match(
    running.text(),
    /"level":"warn".*a file has changed.*sluice\.yaml:5:19: trusted_proxies\[0\]: .* \[SL007\]"/,
  );
  writeFileSync(file, `${text}trusted_proxies: [::/0]\nlint: { ignore: [SL002, SL007] }\n`);
  const before = running.text().length;
  await running.shows(/"version":3/);
  assert.doesNotMatch(running.text().slice(before), /SL0/);
});

test('what cannot change without a restart is told with its line', async (t) => {
  const text = 'listeners: [{ address: 127.0.0.1:0 }]\nworkers: 1\n';
  const folder = writeFiles(t, { 'sluice.yaml': text });
  const file = path.join(folder, 'sluice.yaml');
  const running = startProcess(t, launcher, ['run', file]);
  await running.shows(/"addresses":/);
  writeFileSync(file, text.replace('workers: 1', 'workers: 2'));
  await running.shows(/sluice\.yaml:2:10: workers: this cannot change from 1 to 2/);
});

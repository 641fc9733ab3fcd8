import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommandLine } from '../../src/cli/main.ts';
import { recordInvocation } from '../../src/cli/invocation.fixture.ts';
import type { Explanation } from '../../src/core/explanation.ts';
import { createKey } from '../../src/stores/key-secret.ts';
import { openKeyStore } from '../../src/stores/open-key-store.ts';
import { startRefusedPort } from '../support/refused-port.ts';

const { key, secret } = createKey(
  { name: 'made', rateLimit: 7, permissions: [], expiresAt: null },
  { random: randomBytes, now: () => 0 },
);

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-explain-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function explainWithStore(folder: string, store: string): Promise<Explanation> {
  writeFileSync(
    path.join(folder, 'sluice.yaml'),
    `listeners: [{ address: 127.0.0.1:8080 }]
store: ${store}
upstreams: { api: { targets: [http://10.0.0.1:80] } }
routes: [{ name: api, policies: [{ api_key: { required: true } }], upstream: api }]
`,
  );
  const { invocation, outputText, errorsText } = recordInvocation();
  const words = ['explain', 'GET', '/', '-H', `X-API-Key: ${secret}`, '--json'];
  assert.equal(await runCommandLine(words, { ...invocation, cwd: folder }), 0, errorsText());
  assert.ok(!outputText().includes(secret));
  return JSON.parse(outputText()) as Explanation;
}

test('a key in a file is found, and the file is left as it is', async (t) => {
  const folder = createFolder(t);
  const file = path.join(folder, 'keys', 'sluice.db');
  const store = await openKeyStore(`sqlite:${file}`);
  await store.create(key);
  assert.equal((await explainWithStore(folder, `sqlite:${file}`)).request.consumer, 'made');
  await store.revoke(key.id, 1);
  assert.equal((await explainWithStore(folder, `sqlite:${file}`)).code, 'invalid_api_key');
  await store.close();
  assert.equal((await explainWithStore(folder, `sqlite:${file}`)).code, 'invalid_api_key');
  assert.deepEqual(readdirSync(path.dirname(file)), ['sluice.db']);
});

test('a file that is not there has no keys, and is not made', async (t) => {
  const folder = createFolder(t);
  const file = path.join(folder, 'keys', 'sluice.db');
  assert.equal((await explainWithStore(folder, `sqlite:${file}`)).code, 'invalid_api_key');
  assert.ok(!existsSync(path.dirname(file)));
});

test('what cannot be asked is told, and the key is one that cannot be checked', async (t) => {
  const folder = createFolder(t);
  const noDatabase = path.join(folder, 'notes.txt');
  writeFileSync(noDatabase, 'this is no database, however long it may be');
  const redis = (await startRefusedPort(t)).replace('http://', 'redis://:a-secret-of-redis@');
  const stores: readonly [string, RegExp][] = [
    ['memory', /in the memory of the running gateway/],
    [`sqlite:${noDatabase}`, /not asked .*notes\.txt cannot be read/],
    [redis, /not asked .*could not be used/],
  ];
  for (const [store, expected] of stores) {
    const { status, code, notes } = await explainWithStore(folder, store);
    assert.deepEqual([status, code], [503, 'key_store_unavailable']);
    assert.match(notes[0] ?? '', expected);
    assert.ok(!notes.join(' ').includes('a-secret-of-redis'));
  }
});

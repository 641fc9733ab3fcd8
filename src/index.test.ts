import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ConfigError, createGateway, defineConfig, type Gateway, type GatewayOptions } from './index.ts';

const logger = { log: () => undefined };

/** A configuration whose one route answers with this text. */
function answering(body: string, more: Partial<GatewayOptions['config']> = {}): GatewayOptions['config'] {
  return defineConfig({
    listeners: [{ address: '127.0.0.1:0' }],
    workers: 1,
    access_log: false,
    routes: [{ name: 'all', respond: { status: 200, body } }],
    ...more,
  });
}

async function start(t: TestContext, options: GatewayOptions): Promise<Gateway> {
  const gateway = await createGateway({ logger, ...options });
  t.after(() => gateway.stop({ timeoutMs: 0 }));
  await gateway.start();
  return gateway;
}

async function ask({ addresses }: Gateway): Promise<string> {
  const url = `http://127.0.0.1:${addresses[0]?.port}/`;
  return await (await fetch(url, { headers: { Connection: 'close' } })).text();
}

test('a program gives a configuration as it is written, and another one later', async (t) => {
  const gateway = await start(t, { config: answering('one') });
  assert.equal(await ask(gateway), 'one');
  const outcome = await gateway.reload(answering('two'));
  assert.deepEqual(outcome, { status: 'success', version: 2, changed: true });
  assert.equal(await ask(gateway), 'two');
  assert.deepEqual(await gateway.reload(), { status: 'success', version: 2, changed: false });
});

test('data from anywhere is checked, and variables in it are filled in', async (t) => {
  process.env['SLUICE_TEST_BODY'] = 'from outside';
  t.after(() => delete process.env['SLUICE_TEST_BODY']);
  const config = JSON.parse(JSON.stringify(answering('${SLUICE_TEST_BODY}'))) as GatewayOptions['config'];
  assert.equal(await ask(await start(t, { config })), 'from outside');
});

test('a configuration that is wrong rejects with every issue, and nothing is opened', async () => {
  const config = { ...answering('x'), listners: [], upstreams: { api: { targets: [new URL('http://a.example')] } } };
  await assert.rejects(createGateway({ config: config as unknown as GatewayOptions['config'], logger }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(
      error.issues.map(({ path: at, suggestion }) => [at, suggestion]),
      [
        ['upstreams.api.targets[0]', undefined],
        ['listners', 'listeners'],
      ],
    );
    assert.match(error.message, /^the configuration cannot be used:\nconfig: upstreams\.api\.targets\[0\]: /);
    assert.match(error.message, /config: listners: unknown key\n {2}did you mean "listeners"\?$/);
    return true;
  });
});

test('a reload with one that is wrong says why, and changes nothing', async (t) => {
  const gateway = await start(t, { config: answering('one') });
  const outcome = await gateway.reload(answering('two', { routes: [{ name: 'all', upstream: 'nowhere' }] }));
  assert.equal(outcome.status, 'failure');
  assert.match(outcome.issues[0]?.message ?? '', /nowhere/);
  assert.equal(await ask(gateway), 'one');
});

test('a program that makes its configuration anew is asked where none is given', async (t) => {
  let made = 0;
  const load = async () => answering(`made ${(made += 1)}`);
  const gateway = await start(t, { config: answering('first'), load });
  assert.equal(await ask(gateway), 'first');
  await gateway.reload();
  assert.equal(await ask(gateway), 'made 1');
  await gateway.reload(answering('given'));
  assert.equal(await ask(gateway), 'given');
  await gateway.reload();
  assert.equal(await ask(gateway), 'made 2');
  const failing = await start(t, { config: answering('first'), load: () => Promise.reject(new Error('no file')) });
  const outcome = await failing.reload();
  assert.ok(outcome.status === 'failure');
  assert.match(outcome.issues[0]?.message ?? '', /no file/);
});

test('policies of the program’s own are found from its folder', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const text = `import { definePolicy } from 'sluice';
export const mine = definePolicy({
  name: 'mine', summary: 'Of a test.',
  options: ({ section }) => section({}),
  create: () => ({ onRequest: () => ({ status: 200, fields: [], body: 'mine' }) }),
});
`;
  writeFileSync(path.join(folder, 'mine.ts'), text);
  const policies = [{ mine: {} }] as unknown as NonNullable<GatewayOptions['config']['policies']>;
  const config = answering('x', { custom_policies: ['./mine.ts'], policies });
  assert.equal(await ask(await start(t, { config, folder })), 'mine');
  await assert.rejects(createGateway({ config, folder: path.dirname(folder), logger }), /mine\.ts is not there/);
});

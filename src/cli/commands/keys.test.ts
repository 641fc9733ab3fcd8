import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { digestSecret } from '../../stores/key-secret.ts';
import { openKeyStore } from '../../stores/open-key-store.ts';
import { UsageError, type OptionValues } from '../command.ts';
import { recordInvocation } from '../invocation.fixture.ts';
import { keysCommand } from './keys.ts';

interface Ran {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

interface Folder {
  readonly cwd: string;
  readonly store: string;
  /** Runs `sluice keys` in the folder. */
  readonly run: (positionals: readonly string[], values?: OptionValues, env?: NodeJS.ProcessEnv) => Promise<Ran>;
}

function createFolder(t: TestContext): Folder {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  return {
    cwd,
    store: `sqlite:${join(cwd, 'keys.db')}`,
    async run(positionals, values = {}, env = {}) {
      const { invocation, outputText, errorsText } = recordInvocation({ positionals, values, env });
      const code = await keysCommand.run({ ...invocation, cwd });
      return { code, output: outputText(), errors: errorsText() };
    },
  };
}

test('a key is made in the store, and its secret is printed once', async (t) => {
  const { run, store } = createFolder(t);
  const made = await run(['create', 'my-app'], { store, 'rate-limit': '100', permission: ['users', '/api'] });
  assert.equal(made.code, 0);
  assert.match(made.errors, /^Save the key now/);
  const [, id = '', secret = ''] = /^id {3}([0-9a-f]{16})\nkey {2}(sluice_\w+)\n$/.exec(made.output) ?? [];
  const opened = await openKeyStore(store);
  t.after(() => opened.close());
  const key = await opened.findByDigest(digestSecret(secret));
  assert.ok(key !== null);
  assert.deepEqual([key.id, key.name, key.rateLimit, key.permissions], [id, 'my-app', 100, ['users', '/api']]);
  const listed = await run(['list'], { store });
  assert.match(listed.output, new RegExp(`^ID .*\\n${id} +my-app +active +100 +\\S+Z +-\\n$`));
  assert.ok(!listed.output.includes(secret));
});

test('keys are revoked and deleted by their id', async (t) => {
  const { run, store } = createFolder(t);
  const values = { store, json: true };
  const made = JSON.parse((await run(['create', 'app'], values)).output) as { api_key: { id: string } };
  const { id } = made.api_key;
  const revoked = JSON.parse((await run(['revoke', id], values)).output) as { api_key: { active: boolean } };
  assert.equal(revoked.api_key.active, false);
  assert.match((await run(['list'], { store })).output, /revoked/);
  assert.deepEqual(JSON.parse((await run(['delete', id], values)).output), { id });
  assert.equal((await run(['list'], values)).output, '[]\n');
  assert.equal((await run(['list'], { store })).output, 'There are no keys.\n');
  for (const action of ['revoke', 'delete']) {
    const again = await run([action, id], { store });
    assert.deepEqual([again.code, again.output], [1, '']);
    assert.match(again.errors, /^No API key has this id/);
  }
});

test('the store is that of the configuration, or of the environment where there is none', async (t) => {
  const { run, cwd, store } = createFolder(t);
  const env = { ADMIN_PASSWORD: 'x', STORE: store };
  assert.equal((await run(['create', 'from-environment'], {}, env)).code, 0);
  assert.equal((await run(['create', 'from-file'], {}, {})).code, 1);
  writeFileSync(join(cwd, 'sluice.yaml'), `listeners: [{ address: 127.0.0.1:8080 }]\nstore: ${store}\n`);
  assert.equal((await run(['create', 'from-file'])).code, 0);
  assert.equal((await run(['create', 'env-again'], { env: true }, env)).code, 0);
  const keys = JSON.parse((await run(['list'], { json: true })).output) as { name: string }[];
  assert.deepEqual(keys.map(({ name }) => name).toSorted(), ['env-again', 'from-environment', 'from-file']);
});

test('keys in memory are those of the running gateway, and cannot be had from here', async (t) => {
  const { run, cwd } = createFolder(t);
  writeFileSync(join(cwd, 'sluice.yaml'), 'listeners: [{ address: 127.0.0.1:8080 }]\n');
  for (const values of [{}, { store: 'memory' }]) {
    const { code, output, errors } = await run(['list'], values);
    assert.deepEqual([code, output], [1, '']);
    assert.match(errors, /^The store is "memory"/);
  }
});

test('a store that cannot be opened is told without a password, exit code 1', async (t) => {
  const { run, cwd } = createFolder(t);
  for (const store of ['postgres://user:hunter2@db/keys', `sqlite:${cwd}`]) {
    const { code, output, errors } = await run(['list'], { store });
    assert.deepEqual([code, output], [1, '']);
    assert.match(errors, /^The key store .*cannot be opened: /);
    assert.doesNotMatch(errors, /hunter2/);
  }
});

test('wrong usage is told by the word that is wrong', async (t) => {
  const { run, store } = createFolder(t);
  const cases: readonly (readonly [readonly string[], OptionValues, RegExp])[] = [
    [[], {}, /^say what to do with keys: create, list, revoke, delete\.$/],
    [['creat', 'app'], {}, /Did you mean create\?$/],
    [['create'], {}, /needs a NAME/],
    [['revoke'], {}, /needs the ID of a key/],
    [['create', 'app', 'more'], {}, /"more"/],
    [['list', 'more'], {}, /"more"/],
    [['list'], { 'rate-limit': '5' }, /^--rate-limit belongs to keys create/],
    [['create', ''], {}, /^NAME: expected 1 to 128 characters/],
    [['create', 'app'], { 'rate-limit': 'many' }, /^--rate-limit: expected a whole number/],
    [['create', 'app'], { 'rate-limit': '' }, /^--rate-limit: expected a whole number/],
    [['create', 'app'], { permission: ['not a name'] }, /^--permission: expected the name of a route/],
    [['create', 'app'], { 'expires-at': 'soon' }, /^--expires-at: expected a date and time/],
    [
      ['create', 'app'],
      { 'expires-at': '2020-01-01T00:00:00Z' },
      /^--expires-at: expected a time that is still to come/,
    ],
    [['list'], { env: true, config: 'a.yaml' }, /^--env takes the place/],
  ];
  for (const [positionals, values, message] of cases) {
    const withStore = values['env'] === true ? values : { store, ...values };
    await assert.rejects(run(positionals, withStore), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  }
});

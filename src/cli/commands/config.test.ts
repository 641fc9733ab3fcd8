import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { UsageError } from '../command.ts';
import { recordInvocation, type InvocationParts } from '../invocation.fixture.ts';
import { configCommand } from './config.ts';

async function run(
  parts: InvocationParts,
  cwd = '/nowhere',
): Promise<{ code: number; output: string; errors: string }> {
  const { invocation, outputText, errorsText } = recordInvocation(parts);
  const code = await configCommand.run({ ...invocation, cwd });
  return { code, output: outputText(), errors: errorsText() };
}

function createFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('a file is printed with the origin of each value', async (t) => {
  const folder = createFolder(t, { 'sluice.yaml': 'listeners:\n  - address: :8080\n' });
  const { code, output } = await run({ positionals: ['print'] }, folder);
  assert.equal(code, 0);
  const file = join(folder, 'sluice.yaml');
  assert.ok(output.startsWith(`# The configuration from ${file}, with every default.\nlisteners:\n`), output);
  assert.ok(output.includes(`  # ${file}:2:14\n`));
  assert.match(output, /^shutdown_timeout: 25s +# default$/m);
});

test('a file in TypeScript is printed too', async (t) => {
  const text = "export const config = { listeners: [{ address: ':8080' }], workers: 1 + 1 };\n";
  const folder = createFolder(t, { 'sluice.config.ts': text });
  const { output } = await run({ positionals: ['print'] }, folder);
  assert.match(output, /^workers: 2 +# .*sluice\.config\.ts$/m);
});

test('the environment is printed where it is asked for, and where there is no file', async () => {
  const env = { ADMIN_PASSWORD: 'hunter2', PORT: '9000' };
  for (const parts of [{ values: { env: true } }, {}]) {
    const { code, output } = await run({ positionals: ['print'], env, ...parts });
    assert.equal(code, 0);
    assert.match(output, /^# The configuration from environment variables, with every default\.$/m);
    assert.match(output, /^ {2}- address: 0\.0\.0\.0:9000 +# PORT$/m);
    assert.doesNotMatch(output, /hunter2/);
  }
});

test('flags are printed as what they stand for', async () => {
  const { code, output } = await run({ positionals: ['print'], values: { port: '9000' } });
  assert.equal(code, 0);
  assert.match(output, /^ {2}- address: 0\.0\.0\.0:9000 +# -port$/m);
});

test('a number of workers goes with every door', async (t) => {
  const folder = createFolder(t, { 'sluice.yaml': 'listeners: [{ address: :8080 }]\nworkers: 3\n' });
  const values = { workers: '5' };
  assert.match((await run({ positionals: ['print'], values }, folder)).output, /^workers: 5 +# -workers$/m);
  const environment = await run({ positionals: ['print'], values, env: { ADMIN_PASSWORD: 'x' } });
  assert.match(environment.output, /^workers: 5 +# -workers$/m);
  const flags = await run({ positionals: ['print'], values: { ...values, port: '9000' } });
  assert.match(flags.output, /^workers: 5 +# -workers$/m);
});

test('a program gets the values as they are, and the origins by path', async (t) => {
  const folder = createFolder(t, { 'sluice.yaml': 'listeners: [{ address: :8080 }]\n' });
  const { output } = await run({ positionals: ['print'], values: { json: true } }, folder);
  const result = JSON.parse(output) as { source: string; config: object; origins: Record<string, string> };
  const file = join(folder, 'sluice.yaml');
  assert.equal(result.source, file);
  assert.deepEqual((result.config as { listeners: unknown }).listeners, [{ address: ':8080' }]);
  assert.equal(result.origins['listeners[0].address'], `${file}:1:24`);
  assert.equal(result.origins['limits.head'], 'default');
});

test('a configuration that is wrong is told as everywhere', async (t) => {
  const folder = createFolder(t, { 'sluice.yaml': 'listners: []\n' });
  const { code, output, errors } = await run({ positionals: ['print'] }, folder);
  assert.equal(code, 1);
  assert.equal(output, '');
  assert.match(errors, /sluice\.yaml:1:1: listners: unknown key/);
  await assert.rejects(run({ positionals: ['print'], values: { port: 'x' } }), /-port: expected a whole number/);
  const environment = await run({ positionals: ['print'], values: { env: true } });
  assert.equal(environment.code, 1);
  assert.match(environment.errors, /ADMIN_PASSWORD/);
});

test('the JSON Schema is printed, and has the policies of a file of its own', async (t) => {
  const policy = `
    import { definePolicy } from 'sluice';
    export const tenant = definePolicy({
      name: 'tenant',
      summary: 'Knows tenants.',
      options: ({ section }) => section({}),
      create: () => ({}),
    });
  `;
  const text = 'listeners: [{ address: :8080 }]\ncustom_policies: [./tenant.js]\npolicies: [{ tenant: {} }]\n';
  const folder = createFolder(t, { 'sluice.yaml': text, 'tenant.js': policy });
  const namesIn = (output: string) => {
    const schema = JSON.parse(output) as { properties: { policies: { items: { properties: object } } } };
    return Object.keys(schema.properties.policies.items.properties);
  };
  const common = namesIn((await run({ positionals: ['schema'] }, folder)).output);
  assert.ok(common.includes('rate_limit') && !common.includes('tenant'));
  const own = namesIn((await run({ positionals: ['schema', join(folder, 'sluice.yaml')] })).output);
  assert.deepEqual(own, [...common, 'tenant']);
});

test('what does not go together is wrong usage', async () => {
  for (const parts of [
    {},
    { positionals: ['prnt'] },
    { positionals: ['print', 'a.yaml', 'b.yaml'] },
    { positionals: ['print', 'a.yaml'], values: { env: true } },
    { positionals: ['print', 'a.yaml'], values: { port: '1' } },
    { positionals: ['print'], values: { env: true, port: '1' } },
    { positionals: ['schema'], values: { env: true } },
  ]) {
    await assert.rejects(run(parts), UsageError, JSON.stringify(parts));
  }
  await assert.rejects(run({ positionals: ['prnt'] }), /Did you mean print\?/);
});

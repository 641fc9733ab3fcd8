import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { recordInvocation, type InvocationParts } from '../invocation.fixture.ts';
import { UsageError } from '../command.ts';
import { checkCommand } from './check.ts';

const valid = `
listeners: [{ address: 127.0.0.1:8080 }]
upstreams: { users: { targets: [http://10.0.0.1:80] } }
routes: [{ name: a, upstream: users }, { name: b, match: { path: /b }, upstream: users }]
`;

function createFolder(t: TestContext, text: string): { cwd: string; file: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const file = join(cwd, 'sluice.yaml');
  writeFileSync(file, text);
  return { cwd, file };
}

async function check(parts: InvocationParts, cwd = '/'): Promise<{ code: number; output: string; errors: string }> {
  const { invocation, outputText, errorsText } = recordInvocation(parts);
  const code = await checkCommand.run({ ...invocation, cwd });
  return { code, output: outputText(), errors: errorsText() };
}

test('a valid file is counted out', async (t) => {
  const { cwd, file } = createFolder(t, valid);
  const expected = { code: 0, output: `${file} is valid: 2 routes, 1 upstream, 1 listener\n`, errors: '' };
  assert.deepEqual(await check({ positionals: [file] }), expected);
  assert.deepEqual(await check({ values: { config: file } }), expected);
  assert.deepEqual(await check({ positionals: ['sluice.yaml'] }, cwd), expected);
  assert.deepEqual(await check({}, cwd), expected);
  const json = await check({ positionals: [file], values: { json: true } });
  assert.deepEqual(JSON.parse(json.output), {
    valid: true,
    file,
    routes: 2,
    upstreams: 1,
    listeners: 1,
    issues: [],
    issue_count: 0,
    findings: [],
  });
});

test('every issue is told with its place, exit code 1', async (t) => {
  const { file } = createFolder(t, valid.replace('upstream: users }]', 'upstreem: users }]'));
  const { code, output, errors } = await check({ positionals: [file] });
  assert.equal(code, 1);
  assert.equal(output, '');
  assert.match(errors, new RegExp(`^${file}:4:\\d+: routes\\[1\\]`));
  assert.match(errors, /did you mean "upstream"\?/);
  const json = await check({ positionals: [file], values: { json: true } });
  assert.equal(json.code, 1);
  const result = JSON.parse(json.output) as { valid: boolean; issues: { line: number; path: string }[] };
  assert.equal(result.valid, false);
  assert.equal(result.issues[0]?.line, 4);
});

test('what is hardly meant is told, and refused with --strict alone', async (t) => {
  const { file } = createFolder(
    t,
    valid.replace('upstreams: { ', 'upstreams: { spare: { targets: [http://10.0.0.2:80] }, '),
  );
  const { code, output, errors } = await check({ positionals: [file] });
  assert.equal(code, 0);
  assert.equal(output, `${file} is valid: 2 routes, 2 upstreams, 1 listener; 1 finding\n`);
  assert.match(errors, /^\S+:3:14: upstreams\.spare: .* \[SL002\]\n {2}upstreams/);
  assert.equal((await check({ positionals: [file], values: { strict: true } })).code, 1);
  const json = await check({ positionals: [file], values: { json: true } });
  assert.equal(json.code, 0);
  const { findings } = JSON.parse(json.output) as { findings: Record<string, unknown>[] };
  const [{ message, ...finding } = {}] = findings;
  assert.equal(findings.length, 1);
  assert.match(String(message), /no route/);
  const place = { file, line: 3, column: 14, path: 'upstreams.spare' };
  assert.deepEqual(finding, { lint: 'SL002', ...place, suggestion: null });
});

test('nothing to find is nothing to refuse', async (t) => {
  const { file } = createFolder(t, valid);
  assert.equal((await check({ positionals: [file], values: { strict: true } })).code, 0);
});

test('a configuration in TypeScript imports this program wherever it lies', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const file = join(cwd, 'sluice.config.ts');
  const text = `import { defineConfig } from 'sluice';
    export default defineConfig({
      listeners: [{ address: ':8080' }],
      upstreams: { users: { targets: ['http://10.0.0.1:80'] } },
      routes: [{ name: 'all', upstream: 'users' }],
    });`;
  writeFileSync(file, text);
  const { code, output, errors } = await check({}, cwd);
  assert.deepEqual({ code, errors }, { code: 0, errors: '' });
  assert.equal(output, `${file} is valid: 1 route, 1 upstream, 1 listener\n`);
  writeFileSync(file, text.replace("upstream: 'users'", "upstream: 'user'"));
  const wrong = await check({}, cwd);
  assert.equal(wrong.code, 1);
  const place = `${file}: routes[0].upstream`;
  assert.equal(wrong.errors, `${place}: no upstream is called "user"\n  did you mean "users"?\n`);
});

test('a folder without a configuration says which files are looked for', async () => {
  const { code, errors } = await check({}, '/nowhere');
  assert.equal(code, 1);
  assert.equal(
    errors,
    'There is no configuration: no sluice.yaml, sluice.yml, sluice.toml, sluice.json, ' +
      'sluice.config.ts, sluice.config.js or sluice.config.mjs in /nowhere.\n' +
      'Name a file with "sluice run FILE", or try "sluice demo", which needs none.\n',
  );
});

test('one file is expected', async () => {
  await assert.rejects(check({ positionals: ['a.yaml', 'b.yaml'] }), UsageError);
  await assert.rejects(check({ positionals: ['a.yaml'], values: { config: 'b.yaml' } }), UsageError);
});

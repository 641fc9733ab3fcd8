import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { launcher } from '../support/gateway-process.ts';

function createFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return folder;
}

interface Run {
  readonly cwd: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs `sluice` in a folder, with these variables alone; resolves to what it wrote. */
async function sluice({ cwd, variables = {} }: Run, ...words: readonly string[]) {
  const options = { cwd, env: { PATH: process.env['PATH'], ...variables } };
  return await new Promise<{ code: number; output: string; errors: string }>((resolve) => {
    execFile(process.execPath, [launcher, ...words], options, (error, output, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, errors });
    });
  });
}

const listener = 'listeners: [{ address: 127.0.0.1:8080 }]\n';

test('a file that is found is told by its name, as one that is named is', async (t) => {
  const cwd = createFolder(t, { 'sluice.yaml': `${listener}wrkers: 1\n` });
  assert.match((await sluice({ cwd }, 'check')).errors, /^sluice\.yaml:2:1: wrkers: unknown key\n/);
  writeFileSync(path.join(cwd, 'sluice.yaml'), listener);
  assert.match((await sluice({ cwd }, 'check')).output, /^sluice\.yaml is valid/);
  const { output } = await sluice({ cwd }, 'config', 'print');
  assert.match(output, /^# The configuration from sluice\.yaml, with every default\.\n.*\n.*# sluice\.yaml:1:24\n/);
});

test('what is printed can be run where secrets come from variables, and not where they are masked', async (t) => {
  const file = (password: string) => `${listener}admin: { address: main, auth: { password: ${password} } }\n`;
  const cwd = createFolder(t, { 'a.yaml': file("'${ADMIN_PASSWORD}'"), 'b.yaml': file('hunter2') });
  const variables = { ADMIN_PASSWORD: 'hunter3' };
  for (const [name, code] of [
    ['a', 0],
    ['b', 1],
  ] as const) {
    const { output } = await sluice({ cwd, variables }, 'config', 'print', `${name}.yaml`);
    assert.doesNotMatch(output, /hunter/);
    writeFileSync(path.join(cwd, `${name}.printed.yaml`), output);
    const checked = await sluice({ cwd, variables }, 'check', `${name}.printed.yaml`);
    assert.equal(checked.code, code, checked.errors);
    if (code === 1) {
      assert.match(
        checked.errors,
        /^b\.printed\.yaml:\d+:15: admin\.auth\.password: "\*\*\*" is what config print writes in place of a secret/,
      );
    }
  }
});

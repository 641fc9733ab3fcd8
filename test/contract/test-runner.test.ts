import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { rootFolder } from './sources.ts';

interface Run {
  readonly code: number | null;
  readonly lines: readonly string[];
}

interface RunOptions {
  readonly files: Readonly<Record<string, string>>;
  readonly patterns?: readonly string[];
  readonly isContinuousIntegration?: boolean;
}

const importTest = "import { describe, test } from 'node:test';\n";
const passing = `${importTest}test('passes', () => {});`;
const failing = `${importTest}test('fails', () => { throw new Error('on purpose'); });`;
const skipping = `${importTest}test('passes', () => {});\ntest('waits for better days', { skip: true }, () => {});`;

/** Runs `scripts/test.ts` in a folder of its own that holds these files. */
async function runTests(
  context: TestContext,
  { files, patterns = [], isContinuousIntegration }: RunOptions,
): Promise<Run> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-runner-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  for (const [file, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  // node:test does not run tests inside of tests unless the mark of the outer run is taken away.
  const { NODE_TEST_CONTEXT: _mark, ...environment } = process.env;
  const child = spawn(process.execPath, [path.join(rootFolder, 'scripts/test.ts'), ...patterns], {
    cwd: folder,
    env: { ...environment, CI: isContinuousIntegration === true ? 'true' : 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  return { code, lines: output.trimEnd().split('\n') };
}

describe('npm test', () => {
  test('adds up the unit tests and the others, and closes with the sum', async (context) => {
    const { code, lines } = await runTests(context, { files: { 'src/a.test.ts': passing, 'test/b.test.ts': passing } });
    assert.equal(lines.at(-1), '2 passed, 0 failed, 0 skipped');
    assert.equal(code, 0);
  });

  test('fails when a test of either part fails, and names it', async (context) => {
    for (const [good, bad] of [
      ['src/a.test.ts', 'test/b.test.ts'],
      ['test/b.test.ts', 'src/a.test.ts'],
    ] as const) {
      const { code, lines } = await runTests(context, { files: { [good]: passing, [bad]: failing } });
      assert.equal(lines.at(-1), '1 passed, 1 failed, 0 skipped');
      assert.ok(lines.includes(`  ${bad}: fails`));
      assert.equal(code, 1);
    }
  });

  test('fails when a file cannot be loaded', async (context) => {
    const { code, lines } = await runTests(context, {
      files: { 'src/a.test.ts': passing, 'src/b.test.ts': 'throw 1;' },
    });
    assert.equal(lines.at(-1), '1 passed, 1 failed, 0 skipped');
    assert.equal(code, 1);
  });

  test('fails when there is no test, and when a file holds none', async (context) => {
    const none = await runTests(context, { files: {} });
    assert.deepEqual(none.lines, ['No test ran.', '0 passed, 0 failed, 0 skipped']);
    assert.equal(none.code, 1);
    const empty = await runTests(context, { files: { 'src/a.test.ts': passing, 'src/b.test.ts': '' } });
    assert.equal(empty.lines.at(-1), '1 passed, 0 failed, 0 skipped');
    assert.equal(empty.code, 1);
  });

  test('lets a test be skipped, but not in continuous integration', async (context) => {
    const suite = `${importTest}describe.skip('a suite', () => { test('in it', () => {}); });`;
    const files = { 'src/a.test.ts': skipping, 'test/b.test.ts': suite };
    const here = await runTests(context, { files });
    assert.equal(here.lines.at(-1), '1 passed, 0 failed, 2 skipped');
    assert.equal(here.code, 0);
    const there = await runTests(context, { files, isContinuousIntegration: true });
    assert.ok(there.lines.includes('  src/a.test.ts: waits for better days'));
    assert.ok(there.lines.includes('  test/b.test.ts: a suite'));
    assert.equal(there.code, 1);
  });

  test('runs a part when it is given part of a path or a glob', async (context) => {
    const files = { 'src/a.test.ts': passing, 'src/b.test.ts': failing, 'test/c.test.ts': failing };
    for (const pattern of ['src/a', 'src/a*.ts', './src/a.test.ts']) {
      const { code, lines } = await runTests(context, { files, patterns: [pattern] });
      assert.equal(lines.at(-1), '1 passed, 0 failed, 0 skipped', pattern);
      assert.equal(code, 0);
    }
    const { code } = await runTests(context, { files, patterns: ['nothing-like-it'] });
    assert.equal(code, 1);
  });
});

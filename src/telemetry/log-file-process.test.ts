import assert from 'node:assert/strict';
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const moduleUrl = new URL('log-file.ts', import.meta.url).href;

/** A process that has a log and runs a script with it. */
function start(script: string, stdio: StdioOptions, file = '-'): ChildProcess {
  const source = `
    import { LogFile } from ${JSON.stringify(moduleUrl)};
    const onTrouble = (message, counts) => process.send?.({ message, counts });
    const log = await LogFile.open({ file: ${JSON.stringify(file)}, onTrouble });
    const append = (line) => log.append(Buffer.from(line), line.length);
    ${script}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio });
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  const [code] = (await once(child, 'close')) as unknown[];
  return code;
}

const appendLines = "for (let line = 0; line < 3000; line++) append('line ' + line + 'x'.repeat(100) + '\\n');";
const expectedLines = Array.from({ length: 3000 }, (_, line) => `line ${line}${'x'.repeat(100)}`);

test('the standard output of a process is written in full where it is a pipe', async () => {
  const child = start(`${appendLines} await log.reopen(); await log.close();`, ['ignore', 'pipe', 'inherit']);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  assert.equal(await exitOf(child), 0);
  assert.deepEqual(text.split('\n').slice(0, -1), expectedLines);
});

test('where the standard output is a file it is written to from where others left off', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-log-file-'));
  const file = path.join(folder, 'output');
  const descriptor = openSync(file, 'w');
  const script = "console.error('before'); append('one\\n'); await log.close(); console.error('after');";
  assert.equal(await exitOf(start(script, ['ignore', descriptor, descriptor])), 0);
  closeSync(descriptor);
  assert.equal(readFileSync(file, 'utf8'), 'before\none\nafter\n');
  rmSync(folder, { recursive: true });
});

test('a standard output that nobody reads keeps no process from working and ending', async () => {
  const script = `${appendLines.replace('3000', '30000')} setTimeout(() => { log.flushSync(); process.exit(log.dropped > 0 ? 3 : 4); }, 150);`;
  const child = start(script, ['ignore', 'pipe', 'inherit']);
  const [code] = (await once(child, 'exit')) as unknown[];
  assert.equal(code, 3);
  child.stdout?.destroy();
});

test('a standard output whose reader went away is reported', async () => {
  const script = "process.on('message', () => { append('one\\n'); }); process.send('ready');";
  const child = start(script, ['ignore', 'pipe', 'inherit', 'ipc']);
  await once(child, 'message');
  child.stdout?.destroy();
  child.send('go');
  const [report] = (await once(child, 'message')) as unknown[];
  assert.deepEqual(report, {
    message: 'The access log on the standard output could not be written: broken pipe (EPIPE).',
    counts: { dropped: 0, errors: 1 },
  });
  child.kill();
  await once(child, 'exit');
});

test('a flush at the exit of a process completes what a write is under way with, each line once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-log-file-'));
  const file = path.join(folder, 'access.log');
  const child = start(`${appendLines} log.flushSync(); process.exit(0);`, ['ignore', 'inherit', 'inherit'], file);
  assert.equal(await exitOf(child), 0);
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  assert.deepEqual(lines.toSorted(), expectedLines.toSorted());
  rmSync(folder, { recursive: true });
});

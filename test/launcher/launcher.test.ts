import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, linkSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';

const root = dirname(dirname(import.meta.dirname));
const launcher = join(root, 'bin', 'sluice');
const oldNode = ['-r', join(import.meta.dirname, 'old-node.cjs')];
const waitMs = 20_000;

/** A copy of the running Node.js: the launcher does not start the pinned one from itself. */
let foreignNode = '';
let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  foreignNode = join(folder, 'node');
  try {
    linkSync(process.execPath, foreignNode);
  } catch {
    copyFileSync(process.execPath, foreignNode);
  }
});

after(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly child: ChildProcess;
  readonly text: () => string;
  /** Resolves when the output holds the pattern. */
  readonly shows: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

function run(t: TestContext, node: string, words: readonly string[]): Run {
  const child = spawn(node, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let text = '';
  const changed = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      changed.dispatchEvent(new Event('change'));
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    changed.dispatchEvent(new Event('change'));
    return { code: code as number | null, signal: signal as string | null };
  });
  t.after(() => {
    // The whole group: a launcher that was killed may have left the program behind.
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing is left of it.
    }
  });
  return {
    child,
    text: () => text,
    async shows(pattern) {
      const timeout = AbortSignal.timeout(waitMs);
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        if (child.exitCode !== null) throw new Error(`it ended without showing ${pattern}:\n${text}`);
        await once(changed, 'change', { signal: timeout });
      }
    },
    ended,
  };
}

function runOld(t: TestContext, ...words: string[]): Run {
  return run(t, foreignNode, [...oldNode, launcher, ...words]);
}

async function isListening(port: string): Promise<boolean> {
  try {
    await (await fetch(`http://127.0.0.1:${port}/health`, { headers: { Connection: 'close' } })).text();
    return true;
  } catch {
    return false;
  }
}

/** The id of the process that the launcher started, as soon as there is one. */
async function programOf(child: ChildProcess): Promise<number> {
  for (;;) {
    const id = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    if (id !== '') return Number(id);
    await setImmediate();
  }
}

const needsProc = { skip: process.platform === 'linux' ? false : 'the process that was started is found in /proc' };
const listening = /listens on http:\/\/127\.0\.0\.1:(\d+)/;
const demo = ['demo', '--port', '0', '--backend-port', '0', '--workers', '1'];
const backend = ['backend', '--port', '0', '--host', '127.0.0.1'];

test('a new Node.js runs the program in its own process', async (t) => {
  const { ended, text } = run(t, process.execPath, [launcher, '--version']);
  assert.deepEqual(await ended, { code: 0, signal: null });
  assert.match(text(), /^sluice \d+\.\d+\.\d+\n$/);
});

test('an old Node.js runs the program with the pinned one, and mirrors its exit code', async (t) => {
  const version = runOld(t, '--version');
  assert.deepEqual(await version.ended, { code: 0, signal: null });
  assert.match(version.text(), /^sluice \d+\.\d+\.\d+\n$/);
  const wrong = runOld(t, 'demmo');
  assert.deepEqual(await wrong.ended, { code: 2, signal: null });
  assert.equal(wrong.text(), 'sluice: unknown command "demmo". Did you mean demo?\nSee: sluice --help\n');
});

test('an old Node.js without a pinned one is told which version is needed', async (t) => {
  // The pinned one does not start itself again when it says that it is old.
  const { ended, text } = run(t, join(root, 'node_modules', '.bin', 'node'), [...oldNode, launcher, 'demo']);
  assert.deepEqual(await ended, { code: 1, signal: null });
  assert.match(text(), /^sluice: Node\.js 24\.15 or newer is needed, and this is 20\.19\.0\. .*\n$/);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} to the launcher alone ends the program in order`, async (t) => {
    const { child, shows, ended } = runOld(t, ...backend);
    const [, port = ''] = await shows(listening);
    child.kill(signal);
    assert.deepEqual(await ended, { code, signal: null });
    assert.equal(await isListening(port), false);
  });

  test(`${signal} to the whole group, as from a terminal, is one signal`, async (t) => {
    const { child, shows, ended, text } = runOld(t, ...demo);
    const [, port = ''] = await shows(/gateway listens on http:\/\/127\.0\.0\.1:(\d+)/);
    // A request under way keeps the program draining: a second signal would cut it.
    const slow = fetch(`http://127.0.0.1:${port}/api/slow?ms=1500`, { headers: { Connection: 'close' } });
    while (!/gateway_requests_in_flight 2/.test(await metrics(port)));
    process.kill(-(child.pid ?? 0), signal);
    assert.equal((await slow).status, 200);
    assert.deepEqual(await ended, { code, signal: null });
    assert.match(text(), /the gateway has stopped/);
  });
}

async function metrics(port: string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { Connection: 'close' } })).text();
}

test('a second signal ends the program at once', async (t) => {
  const { child, shows, ended } = runOld(t, ...demo);
  const [, port = ''] = await shows(/gateway listens on http:\/\/127\.0\.0\.1:(\d+)/);
  const slow = fetch(`http://127.0.0.1:${port}/api/slow?ms=10000`).then(
    () => 'answered',
    () => 'cut',
  );
  while (!/gateway_requests_in_flight 2/.test(await metrics(port)));
  child.kill('SIGTERM');
  await shows(/the gateway drains/);
  const askedAt = performance.now();
  child.kill('SIGTERM');
  assert.deepEqual(await ended, { code: 143, signal: null });
  assert.ok(performance.now() - askedAt < 2_000);
  assert.equal(await slow, 'cut');
});

test('a second signal ends a program that does not hear any more', needsProc, async (t) => {
  const { child, shows, ended } = runOld(t, ...backend);
  await shows(listening);
  // Stopped, it hears nothing but SIGKILL.
  process.kill(await programOf(child), 'SIGSTOP');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  // Which of the two comes second is up to the system.
  const { code, signal } = await ended;
  assert.ok((code === 130 || code === 143) && signal === null, `${code} ${signal}`);
});

test('a signal that comes before the program can hear it is not lost', needsProc, async (t) => {
  const { child, ended } = runOld(t, ...backend);
  await programOf(child);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, { code: 143, signal: null });
});

test('the death of the launcher ends the program', async (t) => {
  const { child, shows, ended } = runOld(t, ...backend);
  const [, port = ''] = await shows(listening);
  child.kill('SIGKILL');
  // Its streams close only when the program, which has them too, is gone.
  assert.deepEqual(await ended, { code: null, signal: 'SIGKILL' });
  assert.equal(await isListening(port), false);
});

test('the death of the program by a signal is the death of the launcher', needsProc, async (t) => {
  const { child, shows, ended } = runOld(t, ...backend);
  await shows(listening);
  process.kill(await programOf(child), 'SIGKILL');
  assert.deepEqual(await ended, { code: null, signal: 'SIGKILL' });
});

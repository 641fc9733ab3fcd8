import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { launcher, startProcess, type RunningProcess } from '../support/gateway-process.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';

interface RunningFile extends RunningProcess {
  readonly port: number;
  readonly adminPort: number;
}

interface ConfigStatus {
  readonly version: number;
  readonly hash: string;
  readonly loaded_at: string;
  readonly accepted: readonly number[];
  readonly programmed: readonly number[];
  readonly last_error: {
    readonly at: string;
    readonly issues: readonly { path: string; line: number | null }[];
  } | null;
}

const credentials = `Basic ${Buffer.from('admin:secret').toString('base64')}`;

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-reload-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** YAML is a superset of JSON, and a line for each part gives issues their places. */
function textOf(target: string, more: object = {}): string {
  const document = {
    listeners: [{ address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0', auth: { username: 'admin', password: 'secret' } },
    workers: 2,
    access_log: false,
    upstreams: { backends: { targets: [target], health: false } },
    routes: [{ name: 'all', upstream: 'backends' }],
    ...more,
  };
  return JSON.stringify(document, null, 2);
}

async function startFile(t: TestContext, file: string): Promise<RunningFile> {
  const running = startProcess(t, process.execPath, [launcher, 'run', file]);
  const [, port = '', adminPort = ''] = await running.shows(
    /"addresses":"http:\/\/127\.0\.0\.1:(\d+)","admin":"http:\/\/127\.0\.0\.1:(\d+)"/,
  );
  return Object.assign(running, { port: Number(port), adminPort: Number(adminPort) });
}

async function bodyOf({ port }: RunningFile): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: 'close' } })).text();
}

async function askAdmin({ adminPort }: RunningFile, path: string, method = 'GET'): Promise<Response> {
  const headers = { Authorization: credentials, Connection: 'close' };
  return await fetch(`http://127.0.0.1:${adminPort}${path}`, { method, headers });
}

async function readStatus(running: RunningFile): Promise<ConfigStatus> {
  const answer = (await (await askAdmin(running, '/admin/config')).json()) as { status: string; data: ConfigStatus };
  assert.equal(answer.status, 'success');
  return answer.data;
}

async function startPair(t: TestContext) {
  const one = await startRecordingTarget(t, (response) => response.end('one'));
  const two = await startRecordingTarget(t, (response) => response.end('two'));
  return { one: one.url, two: two.url };
}

describe('a configuration file', () => {
  test('is loaded when it has changed; a broken one changes nothing and is told until it is mended', async (t) => {
    const { one, two } = await startPair(t);
    const file = join(createFolder(t), 'sluice.yaml');
    writeFileSync(file, textOf(one));
    const running = await startFile(t, file);
    assert.equal(await bodyOf(running), 'one');
    const first = await readStatus(running);
    assert.deepEqual([first.version, first.programmed, first.last_error], [1, [1, 1], null]);

    writeFileSync(`${file}.new`, textOf(two));
    renameSync(`${file}.new`, file);
    await running.shows(/the configuration has been reloaded/);
    assert.equal(await bodyOf(running), 'two');
    const second = await readStatus(running);
    assert.deepEqual([second.version, second.accepted, second.programmed], [2, [2, 2], [2, 2]]);
    assert.notEqual(second.hash, first.hash);
    assert.ok(second.loaded_at > first.loaded_at);

    writeFileSync(file, textOf(one, { routes: [{ name: 'all', upstream: 'backend' }], listners: [] }));
    const [line] = await running.shows(/.*the configuration has not been reloaded.*/);
    assert.match(line, /listners.*did you mean.*listeners/);
    assert.match(line, /routes\[0\]\.upstream/);
    assert.equal(await bodyOf(running), 'two');
    const { version, last_error: error } = await readStatus(running);
    assert.equal(version, 2);
    assert.deepEqual(error?.issues.map(({ path }) => path).toSorted(), ['listners', 'routes[0].upstream']);
    assert.ok(error.issues.every(({ line: at }) => at !== null));
    const metrics = await (await askAdmin(running, '/metrics')).text();
    assert.match(metrics, /^gateway_config_reloads_total\{result="failure"\} 1$/m);
    assert.match(metrics, /^gateway_config_reloads_total\{result="success"\} 1$/m);
    assert.match(metrics, /^gateway_config_last_reload_successful 0$/m);

    writeFileSync(file, textOf(one));
    await waitUntil('it is mended', async () => (await readStatus(running)).last_error === null);
    assert.equal(await bodyOf(running), 'one');
  });

  test('that is a Kubernetes ConfigMap is loaded when that is swapped', async (t) => {
    const { one, two } = await startPair(t);
    const folder = createFolder(t);
    const publish = (name: string, text: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'sluice.yaml'), text);
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    publish('..1', textOf(one));
    const file = join(folder, 'sluice.yaml');
    symlinkSync(join('..data', 'sluice.yaml'), file);
    const running = await startFile(t, file);
    assert.equal(await bodyOf(running), 'one');
    publish('..2', textOf(two));
    rmSync(join(folder, '..1'), { recursive: true });
    await waitUntil('the new one is served', async () => (await bodyOf(running)) === 'two');
    publish('..3', textOf(one));
    await waitUntil('the next one is served', async () => (await bodyOf(running)) === 'one');
  });

  test('is loaded when the admin API asks for it, with the right credentials only', async (t) => {
    const { one } = await startPair(t);
    const file = join(createFolder(t), 'sluice.yaml');
    writeFileSync(file, textOf(one));
    const running = await startFile(t, file);
    const url = `http://127.0.0.1:${running.adminPort}/admin/config/reload`;
    assert.equal((await fetch(url, { method: 'POST' })).status, 401);
    const same = await askAdmin(running, '/admin/config/reload', 'POST');
    assert.equal(same.status, 200);
    const { message, data } = (await same.json()) as { message: string; data: ConfigStatus };
    assert.deepEqual([message, data.version, data.programmed], ['The configuration is as it was', 1, [1, 1]]);

    writeFileSync(file, textOf('https://nowhere'));
    const refused = await askAdmin(running, '/admin/config/reload', 'POST');
    assert.equal(refused.status, 422);
    const problem = (await refused.json()) as { code: string; issues: readonly { path: string; line: number }[] };
    assert.equal(problem.code, 'config_refused');
    assert.deepEqual(
      problem.issues.map(({ path }) => path),
      ['upstreams.backends.targets[0]'],
    );
    assert.ok((problem.issues[0]?.line ?? 0) > 1);
    assert.equal(await bodyOf(running), 'one');
  });
});

test('SIGHUP loads the file and opens the access log anew', async (t) => {
  const { one, two } = await startPair(t);
  const folder = createFolder(t);
  const file = join(folder, 'sluice.yaml');
  const log = join(folder, 'access.log');
  const withLog = { access_log: { file: log } };
  writeFileSync(file, textOf(one, withLog));
  const running = await startFile(t, file);
  assert.equal(await bodyOf(running), 'one');
  await waitUntil('its line is written', () => readFileSync(log, 'utf8') !== '');
  renameSync(log, `${log}.1`);
  running.child.kill('SIGHUP');
  await running.shows(
    /the configuration is as it was.*"cause":"SIGHUP"|"cause":"SIGHUP".*the configuration is as it was/,
  );
  await waitUntil('there is a new log', async () => {
    await bodyOf(running);
    try {
      return readFileSync(log, 'utf8') !== '';
    } catch {
      return false;
    }
  });
  writeFileSync(file, textOf(two, withLog));
  running.child.kill('SIGHUP');
  await waitUntil('the new one is served', async () => (await bodyOf(running)) === 'two');
  running.child.kill('SIGTERM');
  assert.deepEqual(await running.ended, { code: 143, signal: null });
});

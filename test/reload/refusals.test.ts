import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { ReloadOutcome } from '../../src/control/reloads.ts';
import { configOf, documentFor, startGateway } from '../support/gateway.ts';
import { plainGet, rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';
import { crashWorkerThread } from '../support/worker-threads.ts';

function issuesOf(outcome: ReloadOutcome): string[] {
  assert.ok(outcome.status === 'failure', JSON.stringify(outcome));
  return outcome.issues.map(({ path, message }) => `${path}: ${message}`);
}

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-reload-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('what a configuration cannot change', () => {
  test('is named, all of it at once, and nothing has changed', async (t) => {
    const target = await startRecordingTarget(t);
    const document = documentFor([target.url]);
    const { gateway, port, metrics } = await startGateway(t, document);
    const folder = createFolder(t);
    const store = `sqlite:${join(folder, 'secret-name.db')}`;
    const outcome = await gateway.reload(
      configOf({ ...document, workers: 2, store, on_store_failure: 'reject', routes: [] }),
    );
    assert.deepEqual(issuesOf(outcome), [
      'workers: this cannot change from 1 to 2 while the gateway runs: restart it',
      'store: this cannot change while the gateway runs: restart it',
      'on_store_failure: this cannot change from fallback to reject while the gateway runs: restart it',
    ]);
    assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    const page = await metrics();
    assert.equal(page.sum('gateway_config_version'), 1);
    assert.equal(page.sum('gateway_config_reloads_total', { result: 'failure' }), 1);
    assert.equal(page.sum('gateway_config_last_reload_successful'), 0);
  });

  test('is how many names there is room for', async (t) => {
    const target = await startRecordingTarget(t);
    const { gateway, port } = await startGateway(t, documentFor([target.url]));
    const routes = Array.from({ length: 4_100 }, (_, index) => ({
      name: `r${index}`,
      match: { path: `/r${index}` },
      upstream: 'backends',
    }));
    const outcome = await gateway.reload(configOf({ ...documentFor([target.url]), routes }));
    assert.match(
      issuesOf(outcome).join(),
      /^routes: there is room for 4095 routes, those of the configuration that runs among them, and 13 find none: restart the gateway/,
    );
    assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    const most = { ...documentFor([target.url]), routes: routes.slice(0, 4_000) };
    assert.equal((await gateway.reload(configOf(most))).status, 'success');
    assert.equal((await rawRequest(t, port, requestText('GET', '/r3999'))).status, 200);
  });
});

test('a policy that refuses its options in the workers refuses the configuration', async (t) => {
  const target = await startRecordingTarget(t);
  const { gateway, port } = await startGateway(t, { ...documentFor([target.url]), workers: 2 });
  const document = documentFor([target.url]) as { routes: object[] };
  const config = configOf({ ...document, workers: 2, policies: [{ rate_limit: { by: 'ip', limit: '100/min' } }] });
  const [policy] = config.policies;
  assert.ok(policy !== undefined);
  // More than one a microsecond, which nothing before the workers looks at.
  const options = { ...(policy.options as object), limit: { tokens: 1e9, periodMs: 1 } };
  const outcome = await gateway.reload({ ...config, policies: [{ ...policy, options }] });
  assert.deepEqual(
    issuesOf(outcome).map((issue) => issue.slice(0, 12)),
    [': worker 0: ', ': worker 1: '],
  );
  assert.equal((await rawRequest(t, port, plainGet)).status, 200);
  assert.equal((await gateway.reload(config)).status, 'success');
  assert.ok((await rawRequest(t, port, plainGet)).field('RateLimit') !== undefined);
});

describe('the access log', () => {
  test('moves to another file, with nothing lost, and may be switched off and on', async (t) => {
    const target = await startRecordingTarget(t);
    const folder = createFolder(t);
    const logTo = (file: string | false) => ({
      ...documentFor([target.url]),
      access_log: file === false ? false : { file: join(folder, file) },
    });
    const { gateway, port } = await startGateway(t, logTo('one.log'));
    const ask = async (id: string) => await rawRequest(t, port, requestText('GET', '/', { 'X-Request-Id': id }));
    const linesOf = (file: string) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { request_id: string }).request_id);
    await ask('a');
    await ask('b');
    assert.equal((await gateway.reload(configOf(logTo('two.log')))).status, 'success');
    await ask('c');
    assert.equal((await gateway.reload(configOf(logTo(false)))).status, 'success');
    await ask('d');
    assert.equal((await gateway.reload(configOf(logTo('one.log')))).status, 'success');
    await ask('e');
    await waitUntil('the lines are written', () => linesOf('one.log').length === 3 && linesOf('two.log').length === 1);
    assert.deepEqual([linesOf('one.log'), linesOf('two.log')], [['a', 'b', 'e'], ['c']]);
  });

  test('that cannot be written to refuses the configuration', async (t) => {
    const target = await startRecordingTarget(t);
    const { gateway } = await startGateway(t, documentFor([target.url]));
    const file = join(createFolder(t), 'missing', 'access.log');
    const outcome = await gateway.reload(configOf({ ...documentFor([target.url]), access_log: { file } }));
    assert.match(issuesOf(outcome).join(), /^access_log\.file: the access log ".*" cannot be opened for writing/);
  });
});

test('a worker that dies after a reload comes back with the configuration that is served now', async (t) => {
  const old = await startRecordingTarget(t, (response) => response.end('old'));
  const fresh = await startRecordingTarget(t, (response) => response.end('fresh'));
  const { gateway, port, log } = await startGateway(t, { ...documentFor([old.url]), workers: 2 });
  const config = configOf({ ...documentFor([fresh.url]), workers: 2 });
  assert.equal((await gateway.reload(config)).status, 'success');
  await crashWorkerThread('sluice-worker-0');
  await waitUntil('it has been replaced', () => log.some(({ message }) => /took the place/.test(message)));
  for (let count = 0; count < 30; count += 1) {
    assert.equal((await rawRequest(t, port, plainGet)).body.toString(), 'fresh');
  }
});

test('a gateway that stops while it reloads stops all the same', async (t) => {
  const target = await startRecordingTarget(t);
  const { gateway } = await startGateway(t, { ...documentFor([target.url]), workers: 2 });
  const reloaded = gateway.reload(configOf({ ...documentFor([target.url]), workers: 2, routes: [] }));
  await gateway.stop({ timeoutMs: 1_000 });
  assert.ok(['success', 'failure'].includes((await reloaded).status));
  assert.deepEqual(issuesOf(await gateway.reload()), [': the gateway stops']);
});

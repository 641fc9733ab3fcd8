import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBackend, startGateway } from '../environment/process.fixture.ts';
import { createFolder } from '../flags/process.fixture.ts';
import { waitUntil } from '../support/wait.ts';

test('SIGHUP reads .env again: what it says is served, what is wrong in it is told and changes nothing', async (t) => {
  const [one, two] = [await startBackend(t, 'one'), await startBackend(t, 'two')];
  const folder = createFolder(t);
  const file = join(folder, '.env');
  const write = (backends: string) => writeFileSync(file, `USER_SERVICE_BACKENDS=${backends}\n`);
  write(one);
  const gateway = await startGateway(t, {}, { folder });
  const backendOf = async () => {
    const answer = await fetch(`${gateway.url}/api/users/1`, { headers: { Connection: 'close' } });
    return ((await answer.json()) as { backend: string }).backend;
  };
  assert.equal(await backendOf(), 'one');
  write('not a backend');
  gateway.child.kill('SIGHUP');
  const [line] = await gateway.shows(/.*the configuration has not been reloaded.*/);
  assert.match(line, /USER_SERVICE_BACKENDS/);
  assert.equal(await backendOf(), 'one');
  const status = await fetch(`${gateway.url}/admin/config`, {
    headers: { Authorization: `Basic ${Buffer.from('admin:secret').toString('base64')}`, Connection: 'close' },
  });
  const { data } = (await status.json()) as { data: { version: number; last_error: { issues: object[] } } };
  assert.deepEqual([data.version, data.last_error.issues.length], [1, 1]);
  write(two);
  gateway.child.kill('SIGHUP');
  await waitUntil('the new backend is asked', async () => (await backendOf()) === 'two');
});

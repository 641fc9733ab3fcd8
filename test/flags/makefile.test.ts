import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFolder, start, type Cleanup } from './process.fixture.ts';

function make(cleanup: Cleanup, ...words: string[]) {
  return start(cleanup, words, { program: 'make', limitMs: 40_000 });
}

async function commandOf(cleanup: Cleanup, target: string): Promise<string> {
  const { code, output, errors } = await make(cleanup, '--dry-run', target).ended;
  assert.equal(code, 0, errors);
  return output;
}

test('the targets run what they are named after', async (t) => {
  const commands = {
    gateway:
      'bin/sluice -mode gateway -port 8080 ' +
      '-backends http://localhost:8081,http://localhost:8082,http://localhost:8083',
    backend1: 'bin/sluice -mode backend -port 8081 -name Backend-1',
    backend2: 'bin/sluice -mode backend -port 8082 -name Backend-2',
    backend3: 'bin/sluice -mode backend -port 8083 -name Backend-3',
    run: 'npm start',
    test: 'npm test',
    fmt: 'npm run format',
    build: 'npm exec -- tsc',
    clean: 'rm -f gateway.log',
  };
  for (const [target, command] of Object.entries(commands)) {
    const planned = await commandOf(t, target);
    assert.ok(planned.includes(command), planned);
  }
});

test('make stop ends what make has started, without a word of failure', async (t) => {
  const folder = join(createFolder(t), 'run');
  const common = [`RUN_FOLDER=${folder}`];
  const backend = make(t, 'backend2', ...common, 'FLAGS=-port 0');
  const [, url = ''] = await backend.shows(/Backend-2 listens on (http:\S+)/);
  const gateway = make(t, 'gateway', ...common, `FLAGS=-port 0 -workers 1 -log-file - -backends ${url}`);
  const [, port = ''] = await gateway.shows(/"addresses":"http:\/\/0\.0\.0\.0:(\d+)"/);
  const fields = { Connection: 'close' };
  assert.equal((await fetch(`http://localhost:${port}/api/data`, { headers: fields })).status, 200);

  const stop = await make(t, 'stop', ...common).ended;
  assert.equal(stop.code, 0, stop.errors);
  assert.match(stop.output, /# backend2\n(?:.*\n)?.*# gateway\n/);
  for (const { ended } of [backend, gateway]) {
    const { code, errors } = await ended;
    assert.equal(code, 0);
    assert.doesNotMatch(errors, /Error/);
  }
  await assert.rejects(fetch(`http://localhost:${port}/api/data`));
  assert.equal(existsSync(join(folder, 'gateway.pid')), false);
  assert.equal((await make(t, 'stop', ...common).ended).output, '');
});

test('a target whose program cannot start fails', async (t) => {
  const { code, errors } = await make(t, 'backend1', `RUN_FOLDER=${createFolder(t)}`, 'FLAGS=-port x').ended;
  assert.notEqual(code, 0);
  assert.match(errors, /--port must be a whole number/);
});

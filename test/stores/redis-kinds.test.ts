import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { createTestKey } from '../../src/stores/key.fixture.ts';
import { openKeyStore } from '../../src/stores/open-key-store.ts';
import { waitUntil } from '../support/wait.ts';
import { RedisServer, withoutRedis } from './redis-server.ts';
import { testKeyStore } from './suite.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-redis-kinds-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function expectWorking(url: string): Promise<void> {
  const store = await openKeyStore(url);
  const { key } = createTestKey();
  await store.create(key);
  assert.deepEqual(await store.list(), [key]);
  assert.deepEqual(await store.delete(key.id), key);
  await store.close();
}

describe('the store in a Redis cluster', { skip: withoutRedis }, () => {
  let server: RedisServer;
  before(async () => {
    server = await RedisServer.start(
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      '{free}',
      '--cluster-announce-ip',
      '127.0.0.1',
    );
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  });
  after(() => server.stop());

  const open = () => openKeyStore(`redis+cluster://127.0.0.1:${server.port}`);
  const prepare = async () => {
    await (await open()).close();
    await server.command('FLUSHALL');
    return open;
  };
  testKeyStore(prepare, { shared: true });

  test('is back by itself after the node was lost', async () => {
    const store = await open();
    await server.kill();
    await waitUntil('the store is away', () => !store.up);
    await server.restart();
    await waitUntil('the store is back', () => store.up);
    const { key } = createTestKey();
    await store.create(key);
    assert.deepEqual(await store.findById(key.id), key);
    await store.close();
  });

  test('is back by itself after the node hung', async () => {
    const store = await open();
    server.pause();
    await waitUntil('the store is away', () => !store.up);
    server.resume();
    await waitUntil('the store is back', () => store.up);
    await store.close();
  });

  test('says when a server is no part of a cluster', async () => {
    const single = await RedisServer.start();
    await assert.rejects(
      openKeyStore(`redis+cluster://127.0.0.1:${single.port}`, { startupMs: 500 }),
      /cluster support disabled/,
    );
    await single.stop();
  });
});

describe('the store in Redis behind Sentinels', { skip: withoutRedis }, () => {
  const servers: RedisServer[] = [];
  let master: RedisServer;
  let sentinel: RedisServer;
  const start = async (...options: string[]) => {
    const server = await RedisServer.start(...options);
    servers.push(server);
    return server;
  };
  before(async () => {
    master = await start();
    await start('--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0');
    const file = path.join(folder, 'sentinel.conf');
    writeFileSync(
      file,
      `sentinel monitor main 127.0.0.1 ${master.port} 1\n` +
        'sentinel down-after-milliseconds main 300\nsentinel failover-timeout main 1000\n',
    );
    sentinel = await start(file, '--sentinel');
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  const open = () => openKeyStore(`redis+sentinel://127.0.0.1:${sentinel.port}/main`);
  const prepare = async () => {
    await master.command('FLUSHALL');
    return open;
  };
  testKeyStore(prepare, { shared: true });

  test('is away for a while when the master is lost, and then has its keys on the new one', async () => {
    await master.command('FLUSHALL');
    const knowsReplica = async () => (await sentinel.command('SENTINEL', 'REPLICAS', 'main')).includes('runid');
    await waitUntil('the Sentinel knows the replica', knowsReplica);
    const store = await open();
    const { key } = createTestKey();
    await store.create(key);
    await master.command('WAIT', '1', '10000');
    await master.kill();
    await waitUntil('the store is away', () => !store.up);
    await waitUntil('the store is back', () => store.up);
    const revoked = { ...key, revokedAt: 1 };
    await waitUntil('the new master can be written to', () => store.revoke(key.id, 1).catch(() => null));
    assert.deepEqual(await store.list(), [revoked]);
    await store.close();
  });

  test('says when the Sentinels do not know the name', async () => {
    await assert.rejects(
      openKeyStore(`redis+sentinel://127.0.0.1:${sentinel.port}/other`, { startupMs: 500 }),
      /All sentinels are unreachable|sentinel/i,
    );
  });
});

describe('the store in Redis with a password', { skip: withoutRedis }, () => {
  const rights = '~{sluice:keys}:* &sluice:keys:* -@all +@connection +@scripting +@hash +@pubsub +exists +del +info';
  let server: RedisServer;
  before(async () => {
    server = await RedisServer.start(
      '--requirepass',
      'p@ss/word',
      '--user',
      ...`sluice on >secret ${rights}`.split(' '),
    );
  });
  after(() => server.stop());

  test('is opened by the password, in the database that is asked for', async () => {
    await expectWorking(`redis://:p%40ss%2Fword@127.0.0.1:${server.port}/3`);
  });

  test('is opened by a user who may do no more than it needs', async () => {
    await expectWorking(`redis://sluice:secret@127.0.0.1:${server.port}`);
  });

  test('says at once that the credentials are wrong or missing, without them', async () => {
    for (const credentials of [':hunter2@', 'sluice:hunter2@', '']) {
      const startedAt = performance.now();
      await assert.rejects(openKeyStore(`redis://${credentials}127.0.0.1:${server.port}`), (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, /WRONGPASS|NOAUTH/);
        assert.doesNotMatch(error.stack ?? '', /hunter2/);
        return true;
      });
      assert.ok(performance.now() - startedAt < 5_000);
    }
  });
});

const withoutTls =
  withoutRedis || (spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed');

describe('the store in Redis over TLS', { skip: withoutTls }, () => {
  const file = (name: string) => path.join(folder, name);
  const trusted = getCACertificates('default');
  let server: RedisServer;
  before(async () => {
    const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
    const names = ['-addext', 'subjectAltName=DNS:localhost'];
    spawnSync('openssl', [...words.split(' '), ...names, '-keyout', file('key.pem'), '-out', file('cert.pem')]);
    const options = ['--tls-port', '{port}', '--port', '0', '--tls-auth-clients', 'no'];
    const files = ['--tls-cert-file', file('cert.pem'), '--tls-key-file', file('key.pem')];
    server = await RedisServer.start(...options, ...files, '--tls-ca-cert-file', file('cert.pem'));
  });
  after(async () => {
    setDefaultCACertificates(trusted);
    await server.stop();
  });

  test('is opened where the certificate is trusted and for the name that was asked for', async () => {
    const opening = (host: string) => openKeyStore(`rediss://${host}:${server.port}`, { startupMs: 500 });
    await assert.rejects(opening('localhost'), /self-signed certificate/);
    setDefaultCACertificates([...trusted, readFileSync(file('cert.pem'), 'utf8')]);
    await assert.rejects(opening('127.0.0.1'), /altnames/);
    await expectWorking(`rediss://localhost:${server.port}`);
  });
});

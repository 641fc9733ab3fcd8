import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { RedisServer, withoutRedis } from '../stores/redis-server.ts';
import {
  brokenTexts,
  mistyped,
  mistypedByName,
  secretiveDocument,
  secrets,
  variables,
  writeSecretiveConfig,
} from './secretive-gateway.ts';
import { runCommand, Transcript } from './transcript.ts';

/** The configuration alone, for commands; nobody is behind it. */
function writeSecrets(t: TestContext, redisPort: number) {
  const place = writeSecretiveConfig(t, {});
  const targetUrl = 'http://127.0.0.1:1';
  const document = secretiveDocument({ redisPort, targetUrl, accessLog: path.join(place.folder, 'access.log') });
  place.write('sluice.json', JSON.stringify(document, null, 2));
  return { ...place, document };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('the commands print no secret of a configuration that is right', { skip: withoutRedis }, async (t) => {
  const transcript = new Transcript();
  const redis = await RedisServer.start('--requirepass', secrets.redisPassword);
  t.after(() => redis.stop());
  const { folder, file } = writeSecrets(t, redis.port);
  const question = ['-H', `X-API-Key: ${secrets.writtenKey}`, '-H', `Cookie: a=${mistyped.key}`];
  const runs: readonly (readonly [code: number, ...words: string[]])[] = [
    [0, 'check', file],
    [0, 'check', '--json', file],
    [0, 'config', 'print', file],
    [0, 'config', 'print', '--json', file],
    [0, 'config', 'schema', file],
    [0, 'keys', 'list', '-c', file],
    [1, 'keys', 'revoke', mistyped.key, '-c', file],
    ...['/keyed/a', '/private/a', '/fragile/a', '/unknown'].flatMap((url): [number, ...string[]][] => [
      [0, 'explain', 'GET', url, ...question, '-c', file],
      [0, 'explain', 'GET', url, ...question, '-c', file, '--json'],
    ]),
  ];
  for (const [code, ...words] of runs) {
    const end = await runCommand(transcript, words, { folder, environment: variables });
    assert.equal(end.code, code, `${words.join(' ')}\n${end.text}`);
  }
  transcript.assertWithout({ ...secrets, ...mistypedByName });
  assert.ok(transcript.length > 10_000);
});

test('the commands print no secret of a configuration that is wrong', async (t) => {
  const transcript = new Transcript();
  const { folder, document, write } = writeSecrets(t, 1);
  for (const [index, text] of brokenTexts(document).entries()) {
    const file = write(`broken-${index}.json`, text);
    const others =
      index % 4 === 0
        ? [
            ['run', file],
            ['config', 'print', file],
            ['keys', 'list', '-c', file],
          ]
        : [];
    for (const words of [['check', file], ...others]) {
      const end = await runCommand(transcript, words, { folder, environment: variables });
      assert.equal(end.code, 1, `${words.join(' ')}\n${end.text}`);
    }
  }
  transcript.assertWithout({ ...secrets, ...mistypedByName });
});

test('the door of the environment prints no secret, from a variable or from .env', async (t) => {
  const transcript = new Transcript();
  const { folder, write } = writeSecretiveConfig(t, {});
  const run = async (code: number, words: readonly string[], environment: Readonly<Record<string, string>>) => {
    const end = await runCommand(transcript, words, { folder, environment });
    assert.equal(end.code, code, `${words.join(' ')}\n${end.text}`);
  };
  const right = {
    ADMIN_PASSWORD: secrets.adminPassword,
    REDIS_PASSWORD: secrets.redisPassword,
    REDIS_HOST: '127.0.0.1',
  };
  const wrong: readonly Record<string, string>[] = [
    { ADMIN_PASWORD: secrets.adminPassword },
    { ADMIN_PASSWORD: secrets.adminPassword, REDIS_PASSWORD: secrets.redisPassword, REDIS_PORT: 'x' },
    { ADMIN_PASSWORD: secrets.adminPassword, ADMIN_USERNAME: 'ada:b' },
    { ADMIN_PASSWORD: secrets.adminPassword, STORE: `redis://:${secrets.redisPassword}@127.0.0.1` },
    { ADMIN_PASSWORD: secrets.adminPassword, STORE: `redis//:${secrets.hashSecret}@127.0.0.1` },
    { ADMIN_PASSWORD: secrets.adminPassword, AUTH_SERVICE_URL: `http://ada:${secrets.userPassword}@127.0.0.1:1` },
  ];
  await run(0, ['config', 'print', '--env'], right);
  await run(0, ['config', 'print', '--env', '--json'], right);
  for (const environment of wrong) await run(1, ['run', '--env'], environment);
  write(
    '.env',
    Object.entries(right)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  await run(0, ['config', 'print', '--env'], {});
  for (const line of [
    'REDIS_PORT=x',
    `ADMIN_PASSWORD="${secrets.adminPassword}`,
    `ADMIN PASSWORD=${secrets.adminPassword}`,
  ]) {
    write(
      '.env',
      `ADMIN_PASSWORD=${secrets.adminPassword}\nREDIS_PASSWORD=${secrets.redisPassword}\n${line}\nPORT=x\n`,
    );
    await run(1, ['run', '--env'], {});
  }
  transcript.assertWithout({ ...secrets, ...mistypedByName });
});

test('a configuration that is a program prints no secret of what it exports', async (t) => {
  const transcript = new Transcript();
  const { folder, write } = writeSecretiveConfig(t, {});
  const document = secretiveDocument({ redisPort: 1, targetUrl: 'http://127.0.0.1:1', accessLog: '-' });
  const filledIn = (text: string) => text.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => variables[name] ?? '');
  // A key that is there twice is none in a program, and nobody can say where a program has taken a text from.
  const wrong = brokenTexts(document).filter(
    (text) => isJson(text) && !/-key", "secret"|(username|workers)": "\$/.test(text),
  );
  for (const [index, text] of [JSON.stringify(document), ...wrong].entries()) {
    const file = write(`program-${index}.config.ts`, `export default ${filledIn(text)};\n`);
    const words = index === 0 ? ['config', 'print', file] : ['check', file];
    const end = await runCommand(transcript, words, { folder });
    assert.equal(end.code, index === 0 ? 0 : 1, `${words.join(' ')}\n${end.text}`);
  }
  transcript.assertWithout(secrets);
});

test('a store that does not let the gateway in is told of without its password', { skip: withoutRedis }, async (t) => {
  const transcript = new Transcript();
  const redis = await RedisServer.start('--requirepass', secrets.hashSecret);
  t.after(() => redis.stop());
  const { folder, file } = writeSecrets(t, redis.port);
  const end = await runCommand(transcript, ['keys', 'list', '-c', file], { folder, environment: variables });
  assert.equal(end.code, 1, end.text);
  const started = await runCommand(transcript, ['run', file], { folder, environment: variables });
  assert.equal(started.code, 1, started.text);
  transcript.assertWithout(secrets);
});

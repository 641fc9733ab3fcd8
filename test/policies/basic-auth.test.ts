import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashPassword } from '../../src/lib/password-hash.ts';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

function guarded(targets: readonly string[], options: object = {}): object {
  const users = [
    { name: 'ada', password_hash: hashPassword('s:esame') },
    { name: 'bob', password: 'plain' },
  ];
  return {
    ...documentFor(targets),
    trusted_proxies: ['127.0.0.1'],
    policies: [{ basic_auth: { users, realm: 'the shop', ...options } }],
  };
}

function from(ip: string, authorization: string): string {
  return requestText('GET', '/', { 'X-Forwarded-For': ip, Authorization: authorization });
}

describe('the basic_auth policy', () => {
  test('lets in who is right, and keeps the credentials from the target', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, guarded([target.url]));
    const client = await RawClient.connect(t, port);
    for (const authorization of [basic('ada', 's:esame'), basic('bob', 'plain').replace('Basic', 'bAsIc  ')]) {
      for (let turn = 0; turn < 2; turn += 1) {
        assert.equal((await client.ask(from('192.0.2.1', authorization))).status, 200);
      }
    }
    assert.equal(target.requests.length, 4);
    assert.ok(target.requests.every(({ headers }) => headers.authorization === undefined));
  });

  test('passes the credentials on where that is asked for', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, guarded([target.url], { forward: true }));
    await rawRequest(t, port, from('192.0.2.1', basic('bob', 'plain')));
    assert.equal(target.requests[0]?.headers.authorization, basic('bob', 'plain'));
  });

  test('asks for credentials by name, and refuses whatever is not right', async (t) => {
    const target = await startRecordingTarget(t);
    const { port, log } = await startGateway(t, guarded([target.url]));
    const challenge = 'Basic realm="the shop", charset="UTF-8"';
    const none: readonly Record<string, string>[] = [{}, { Authorization: 'Bearer token' }, { Authorization: 'Basic' }];
    for (const fields of none) {
      const response = await rawRequest(t, port, requestText('GET', '/', fields));
      assertProblem(response, 'credentials_required');
      assert.equal(response.field('www-authenticate'), challenge);
    }
    const wrong = [
      basic('ada', 's'),
      basic('bob', 's:esame'),
      basic('ada:s', 'esame '),
      basic('eve', 'plain'),
      'Basic !!!',
      `${basic('bob', 'plain')}\r\nAuthorization: ${basic('bob', 'plain')}`,
    ];
    for (const [index, authorization] of wrong.entries()) {
      const response = await rawRequest(t, port, from(`192.0.2.${index}`, authorization));
      assertProblem(response, 'invalid_credentials', authorization);
      assert.equal(response.field('www-authenticate'), challenge);
    }
    assert.equal(target.requests.length, 0);
    const told = log.filter(({ message }) => message === 'a user name or password was wrong');
    assert.deepEqual(
      told.map(({ fields }) => fields['clientIp']),
      ['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'],
    );
    assert.ok(!JSON.stringify(log).includes('esame'));
  });

  test('slows guesses of a network down, many at once no less, and nobody else', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, guarded([target.url]));
    const guesses = Array.from({ length: 12 }, (_, at) =>
      rawRequest(t, port, from('192.0.2.9', basic('ada', `guess ${at}`))),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 401).length, 5);
    assert.equal(statuses.filter((status) => status === 429).length, 7);
    const late = await rawRequest(t, port, from('192.0.2.9', basic('ada', 's:esame')));
    assertProblem(late, 'too_many_attempts');
    assert.equal(late.field('retry-after'), '1');
    assert.equal((await rawRequest(t, port, from('192.0.2.8', basic('ada', 's:esame')))).status, 200);
    // Who is known already does not wait for those who guess from the same place.
    assert.equal((await rawRequest(t, port, from('192.0.2.9', basic('ada', 's:esame')))).status, 200);
  });
});

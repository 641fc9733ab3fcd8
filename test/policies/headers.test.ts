import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

describe('the headers policy', () => {
  test('gives the target what it sets, whatever a client sends and in whatever spelling', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [{ headers: { request: { set: { 'X-Tenant': 'acme' }, remove: ['X-Debug'] } } }];
    const { port } = await startGateway(t, { ...documentFor([target.url]), policies });
    await rawRequest(
      t,
      port,
      'GET / HTTP/1.1\r\nHost: a\r\nX-TENANT: one\r\nx_tenant: two\r\nConnection: X-Tenant\r\nx-tenant: three\r\n' +
        'X_DEBUG: 1\r\nX-Tenants: kept\r\nX-Debug: 2\r\n\r\n',
    );
    const [request] = target.requests;
    assert.deepEqual(request?.rawHeaders.filter((_, at, all) => /^x[-_]/i.test(all[at - (at % 2)] ?? '')).slice(0, 4), [
      'X-Tenants',
      'kept',
      'X-Forwarded-For',
      '127.0.0.1',
    ]);
    assert.equal(request?.headers['x-tenant'], 'acme');
    assert.equal(request?.headers['x_tenant'], undefined);
  });

  test('fills in places from the request, and lets nothing of a client out of its line', async (t) => {
    const target = await startRecordingTarget(t);
    const set = { 'X-Who': '{client.ip} {header.x-name}/{id}', 'X-Path': '{request.path}{request.query}' };
    const document = {
      ...documentFor([target.url]),
      routes: [
        {
          name: 'user',
          match: { path: '/users/{id}' },
          policies: [{ headers: { request: { set } } }],
          upstream: 'backends',
        },
      ],
    };
    const { port } = await startGateway(t, document);
    await rawRequest(t, port, requestText('GET', '/users/%0d%0aX-Evil:1?a=b', { 'X-Name': 'caf\xe9\tau lait' }));
    const headers = target.requests[0]?.headers;
    assert.equal(headers?.['x-who'], '127.0.0.1 caf\xe9\tau lait/%0D%0AX-Evil:1');
    assert.equal(headers?.['x-path'], '/users/%0D%0AX-Evil:1?a=b');
    assert.equal(headers?.['x-evil'], undefined);
  });

  test('of a route has the last word on requests, that of all routes on answers', async (t) => {
    const answer = okText('fine', 'x-mark: target\r\nX-Mark: target\r\nServer: old\r\n');
    const target = await startRawTarget(t, async (connection) => {
      const request = await connection.request();
      await connection.write(answer.replace('fine', request.all('x-mark').join('+').padEnd(4)));
    });
    const change = (value: string) => ({
      headers: { request: { set: { 'X-Mark': value } }, response: { set: { 'X-Mark': value }, remove: ['Server'] } },
    });
    const document = {
      ...documentFor([target.url]),
      policies: [change('all')],
      routes: [{ name: 'one', policies: [change('one')], upstream: 'backends' }],
    };
    const { port } = await startGateway(t, document);
    const response = await rawRequest(t, port, requestText('GET', '/', { 'X-Mark': 'client' }));
    assert.equal(response.text, 'one ');
    assert.deepEqual(response.all('x-mark'), ['all']);
    assert.deepEqual(response.all('server'), []);
  });

  test('adds beside what there is', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine', 'Link: <a>\r\n')));
    const add = { Link: '<b>', 'X-Id': '{request.id}' };
    const { port } = await startGateway(t, {
      ...documentFor([target.url]),
      policies: [{ headers: { response: { add } } }],
    });
    const client = await RawClient.connect(t, port);
    for (const id of ['first', 'second']) {
      const response = await client.ask(requestText('GET', '/', { 'X-Request-Id': id }));
      assert.deepEqual(response.all('link'), ['<a>', '<b>']);
      assert.equal(response.field('x-id'), id);
    }
  });

  test('marks refusals by policies after it, and not those by policies before it', async (t) => {
    const mark = { headers: { response: { set: { 'X-Mark': 'seen', 'Content-Type': 'text/plain' } } } };
    const refusal = { ip_deny: ['127.0.0.1'] };
    for (const [policies, expected] of [
      [[mark, refusal], 'seen'],
      [[refusal, mark], undefined],
    ] as const) {
      const { port } = await startGateway(t, { ...documentFor(['http://127.0.0.1:9']), policies });
      const response = await rawRequest(t, port, requestText('GET', '/'));
      assert.equal(response.status, 403);
      assert.equal(response.field('x-mark'), expected);
      if (expected === undefined) assertProblem(response, 'ip_not_allowed');
      else assert.equal(response.field('content-type'), 'text/plain');
    }
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

const made = /^[0-9a-f]{32}$/;

describe('the request_id policy', () => {
  test('without trust replaces what a client sends, for the target and the client alike', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [{ request_id: { trust: false } }];
    const { port } = await startGateway(t, { ...documentFor([target.url]), policies });
    const ids = new Set<string | undefined>();
    const sent: readonly Record<string, string>[] = [{ 'X-Request-Id': 'mine' }, { 'X-Request-Id': 'mine' }, {}];
    for (const fields of sent) {
      const id = (await rawRequest(t, port, requestText('GET', '/', fields))).field('x-request-id');
      assert.match(id ?? '', made);
      assert.equal(target.requests.at(-1)?.headers['x-request-id'], id);
      ids.add(id);
    }
    assert.equal(ids.size, 3);
  });

  test('takes the id from another field first, and sends it in both', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [{ request_id: { header: 'X-Correlation-Id' } }];
    const { port } = await startGateway(t, { ...documentFor([target.url]), policies });
    const ask = async (fields: Record<string, string>) => {
      const response = await rawRequest(t, port, requestText('GET', '/', fields));
      const headers = target.requests.at(-1)?.headers;
      const all = [headers?.['x-request-id'], headers?.['x-correlation-id'], response.field('x-correlation-id')];
      for (const id of all) assert.equal(id, response.field('x-request-id'));
      return response.field('x-request-id') ?? '';
    };
    assert.equal(await ask({ 'X-CORRELATION-ID': 'a', 'X-Request-Id': 'b' }), 'a');
    assert.equal(await ask({ X_Correlation_Id: 'hidden', 'X-Request-Id': 'b' }), 'b');
    assert.match(await ask({ 'X-Correlation-Id': 'no id' }), made);
    assert.match(await ask({}), made);
    assert.ok(target.requests.every(({ headers }) => headers['x_correlation_id'] === undefined));
  });

  test('replaces the field of a target that has another idea of it', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine', 'X-Correlation-Id: other\r\n')));
    const policies = [{ request_id: { header: 'X-Correlation-Id', trust: false } }];
    const { port } = await startGateway(t, { ...documentFor([target.url]), policies });
    const response = await rawRequest(t, port, requestText('GET', '/', { 'X-Correlation-Id': 'mine' }));
    assert.match(response.field('x-correlation-id') ?? '', made);
    assert.equal(response.field('x-correlation-id'), response.field('x-request-id'));
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

describe('lists of addresses', () => {
  test('look at the client behind a trusted proxy, and at nobody’s word else', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [{ ip_allow: ['192.0.2.0/24', '2001:db8::/32'] }, { ip_deny: { ranges: ['192.0.2.66'] } }];
    const document = { ...documentFor([target.url]), policies };
    const trusting = await startGateway(t, { ...document, trusted_proxies: ['127.0.0.1'] });
    const wary = await startGateway(t, document);
    const from = (ip: string) => requestText('GET', '/', { 'X-Forwarded-For': ip });
    for (const ip of ['192.0.2.1', '2001:DB8::1', '::ffff:192.0.2.1']) {
      assert.equal((await rawRequest(t, trusting.port, from(ip))).status, 200, ip);
      assertProblem(await rawRequest(t, wary.port, from(ip)), 'ip_not_allowed', ip);
    }
    for (const ip of ['192.0.3.1', '2001:db9::1', '192.0.2.66', '192.0.2.1, 203.0.113.1']) {
      assertProblem(await rawRequest(t, trusting.port, from(ip)), 'ip_not_allowed', ip);
    }
    assert.equal(target.requests.length, 3);
  });
});

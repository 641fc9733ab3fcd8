import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCidrSet } from '../lib/cidr.ts';
import { forwardedIp, plainIp } from './client-ip.ts';

test('the client is the last address that no trusted proxy owns', () => {
  const trusted = createCidrSet(['10.0.0.0/8', 'fd00::/8']);
  const cases = [
    ['192.0.2.1', '192.0.2.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['192.0.2.1, 10.0.0.1', '192.0.2.1'],
    ['198.51.100.1, 192.0.2.1, 10.0.0.2, 10.0.0.1', '192.0.2.1'],
    ['10.0.0.3, fd00::2, 10.0.0.1', '10.0.0.3'],
    ['192.0.2.1, made up, 10.0.0.1', '10.0.0.1'],
    ['::ffff:192.0.2.1,10.0.0.1', '192.0.2.1'],
    ['', ''],
    ['made up', ''],
  ] as const;
  for (const [field, client] of cases) assert.equal(forwardedIp(field, trusted), client, field);
});

test('an IPv4 address is told in its own form', () => {
  assert.equal(plainIp('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainIp('2001:db8::1'), '2001:db8::1');
});

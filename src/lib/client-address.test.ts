import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCidrSet } from './cidr.ts';
import { clientBehind, plainAddress } from './client-address.ts';

test('an address is told in its plain form', () => {
  assert.equal(plainAddress(undefined), '');
  assert.equal(plainAddress('192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('2001:db8::1'), '2001:db8::1');
  assert.equal(plainAddress('::ffff:c000:201'), '::ffff:c000:201');
  assert.equal(plainAddress('::1'), '::1');
});

describe('the client behind a trusted peer', () => {
  const trusted = createCidrSet(['10.0.0.0/8', 'fd00::/8']);
  const cases: readonly [name: string, forwardedFor: string, client: string][] = [
    ['is the peer where it says nothing', '', '10.0.0.1'],
    ['is the one that the peer names', '192.0.2.1', '192.0.2.1'],
    ['is the last that no proxy of ours is', '198.51.100.9, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['is not what an untrusted client says of itself', '10.0.0.9, 192.0.2.1', '192.0.2.1'],
    ['is the first where all are trusted', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['is found without blanks and with many', '192.0.2.1,10.0.0.3,\t 10.0.0.2 ', '192.0.2.1'],
    ['may have an IPv6 address', '2001:db8::1, fd00::2', '2001:db8::1'],
    ['has an IPv4 address in its plain form', '::ffff:192.0.2.1, ::ffff:10.0.0.2', '192.0.2.1'],
    ['is not beyond something that is no address', '192.0.2.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['is not beyond an address with a port', '192.0.2.1, 192.0.2.2:80, 10.0.0.2', '10.0.0.2'],
    ['is not beyond an empty element', '192.0.2.1, , 10.0.0.2', '10.0.0.2'],
    ['is the peer where the last word is no address', '192.0.2.1, x', '10.0.0.1'],
    ['is the peer where the list ends with a comma', '192.0.2.1,', '10.0.0.1'],
    ['is found where the list begins with a comma', ',10.0.0.2', '10.0.0.2'],
    ['is the peer where the list is a comma', ',', '10.0.0.1'],
  ];
  for (const [name, forwardedFor, client] of cases) {
    test(name, () => assert.equal(clientBehind('10.0.0.1', forwardedFor, trusted), client));
  }
});

test('the client is the last address that no trusted proxy owns, and nobody where none is named', () => {
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
  for (const [field, client] of cases) assert.equal(clientBehind('', field, trusted), client, field);
});

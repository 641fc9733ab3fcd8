import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CidrSyntaxError, createCidrSet, parseCidr } from './cidr.ts';

test('a set holds the addresses of its ranges and no others', () => {
  const set = createCidrSet(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::1']);
  for (const ip of ['10.0.0.0', '10.255.255.255', '192.0.2.7', 'fd12::1', '2001:db8::1', '2001:DB8:0::1']) {
    assert.equal(set.contains(ip), true, ip);
  }
  for (const ip of ['11.0.0.0', '9.255.255.255', '192.0.2.8', 'fe00::1', '2001:db8::2', '::1']) {
    assert.equal(set.contains(ip), false, ip);
  }
});

test('an IPv4 address in IPv6 form is found in IPv4 ranges', () => {
  const set = createCidrSet(['10.0.0.0/8']);
  assert.equal(set.contains('::ffff:10.1.2.3'), true);
  assert.equal(set.contains('::ffff:0a01:0203'), true);
  assert.equal(set.contains('::ffff:11.1.2.3'), false);
});

test('what is no address is in no set', () => {
  const set = createCidrSet(['0.0.0.0/0', '::/0']);
  assert.equal(set.contains('127.0.0.1'), true);
  assert.equal(set.contains('fe80::1%eth0'), true);
  for (const ip of ['', 'localhost', '1.2.3', '10.0.0.0/8', '1.2.3.4 ']) assert.equal(set.contains(ip), false, ip);
  assert.equal(createCidrSet([]).contains('127.0.0.1'), false);
});

test('a text that is no range is refused by name', () => {
  assert.deepEqual(parseCidr('10.0.0.1'), { address: '10.0.0.1', prefix: 32, family: 'ipv4' });
  assert.deepEqual(parseCidr('fd00::/8'), { address: 'fd00::', prefix: 8, family: 'ipv6' });
  for (const text of [
    '',
    'localhost',
    '10.0.0/8',
    '010.0.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '::/129',
  ]) {
    assert.throws(
      () => createCidrSet(['::1', text]),
      (error) => error instanceof CidrSyntaxError && error.message.includes(`"${text}"`),
      text,
    );
  }
  for (const text of ['10.0.0.0/8/8', '10.0.0.0/+8', '10.0.0.0/1e1', 'fe80::1%eth0/64']) {
    assert.throws(() => parseCidr(text), CidrSyntaxError, text);
  }
});

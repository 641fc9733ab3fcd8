import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createCidrSet } from './cidr.ts';
import { IpRanges } from './ip-ranges.ts';

const octet = fc.nat({ max: 255 });
const ipv4 = fc.tuple(fc.constantFrom(10, 192), fc.constantFrom(0, 1), fc.constantFrom(0, 255), octet);
const group = fc.constantFrom('0', '1', 'fff0', '2001', 'db8', 'abcd');
const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));
const address = fc.oneof(
  ipv4.map((octets) => octets.join('.')),
  ipv6,
  ipv4.map((octets) => `::ffff:${octets.join('.')}`),
);
const range = fc.oneof(
  fc.tuple(
    ipv4.map((octets) => octets.join('.')),
    fc.nat({ max: 32 }),
  ),
  fc.tuple(ipv6, fc.nat({ max: 128 })),
);

describe('a set of IP ranges', () => {
  test('holds what the ranges hold, by an independent implementation', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), fc.array(address, { minLength: 1 }), (ranges, addresses) => {
        const texts = ranges.map(([ip, prefix]) => `${ip}/${prefix}`);
        // Node counts IPv4 as a part of IPv6, which nobody means who writes `::/0`.
        const ofIpv4 = createCidrSet(texts.filter((text) => !text.includes(':')));
        const ofIpv6 = createCidrSet(texts.filter((text) => text.includes(':')));
        const actual = new IpRanges(texts);
        for (const ip of addresses) {
          const plain = ip.replace('::ffff:', '');
          const expected = plain.includes(':') ? ofIpv6 : ofIpv4;
          assert.equal(actual.contains(ip), expected.contains(plain), `${ip} in ${texts.join()}`);
        }
      }),
    );
  });

  test('ends and begins where its ranges do', () => {
    const ranges = new IpRanges(['192.0.2.64/26', '198.51.100.7', '2001:db8::/33', '10.0.0.0/8', '10.1.0.0/16']);
    for (const ip of ['192.0.2.64', '192.0.2.127', '198.51.100.7', '::ffff:10.255.255.255', '2001:db8:7fff::1%eth0']) {
      assert.ok(ranges.contains(ip), ip);
    }
    for (const ip of ['192.0.2.63', '192.0.2.128', '198.51.100.8', '11.0.0.0', '2001:db8:8000::', '', 'x', '1.2.3']) {
      assert.ok(!ranges.contains(ip), ip);
    }
  });

  test('of IPv6 holds no IPv4, and the other way round', () => {
    assert.deepEqual(
      [new IpRanges(['::/0']).contains('10.0.0.1'), new IpRanges(['::/0']).contains('::1')],
      [false, true],
    );
    assert.deepEqual(
      [new IpRanges(['0.0.0.0/0']).contains('::1'), new IpRanges(['0.0.0.0/0']).contains('::ffff:1.2.3.4')],
      [false, true],
    );
  });

  test('says which of its texts holds an address', () => {
    const ranges = new IpRanges(['10.0.0.0/8', '10.1.0.0/16']);
    assert.equal(ranges.textFor('10.1.2.3'), '10.0.0.0/8');
    assert.equal(ranges.textFor('192.0.2.1'), undefined);
  });

  test('refuses what is no range, and holds nothing where it is empty', () => {
    assert.throws(() => new IpRanges(['10.0.0.0/8', '10.0.0.0/40']), { name: 'CidrSyntaxError' });
    assert.equal(new IpRanges([]).contains('10.0.0.1'), false);
  });
});

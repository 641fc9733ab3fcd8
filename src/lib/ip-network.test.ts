import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipNetwork } from './ip-network.ts';

test('an IPv4 address is a network of its own, an IPv6 one is that of its first 64 bits however it is written', () => {
  const networks: Record<string, string> = {
    '192.0.2.7': '192.0.2.7',
    '': '',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2',
    '2001:DB8:0001:0002::': '2001:db8:1:2',
    '2001:db8::1': '2001:db8:0:0',
    '2001:db8:1:2::ffff': '2001:db8:1:2',
    '::1': '0:0:0:0',
    '::': '0:0:0:0',
    'fe80::1%eth0': 'fe80:0:0:0',
    '64:ff9b::192.0.2.7': '64:ff9b:0:0',
    '1:2:3::192.0.2.7': '1:2:3:0',
  };
  for (const [ip, network] of Object.entries(networks)) assert.equal(ipNetwork(ip), network, ip);
});

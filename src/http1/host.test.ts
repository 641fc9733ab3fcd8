import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isHost } from './host.ts';

describe('a host with an optional port', () => {
  const accepted = [
    'a',
    'Example.COM',
    'a-b_c~d.example.',
    'xn--bcher-kva.example',
    '127.0.0.1',
    'a:0',
    'a:8080',
    'a:65535',
    'a:00080',
    '[::1]',
    '[::]',
    '[2001:DB8::1]:443',
    '[::ffff:192.0.2.1]',
    'a'.repeat(260),
  ];
  for (const text of accepted) {
    test(`may be ${text.slice(0, 40)}`, () => assert.equal(isHost(text), true));
  }

  const refused = [
    '',
    '.',
    '.example',
    'a..b',
    'a..:80',
    ' ',
    'a b',
    ' a',
    'a ',
    'a\t',
    'a\0',
    'a\r',
    'a\n',

    'a/',
    '/a',
    'a?b',
    'a#b',
    'a\\b',
    'u@a',
    'u:p@a',
    'a,b',
    'a;b',
    '%61',
    "a'b",
    '"a"',
    '*',
    '\xe9',
    'a\u{130}',
    '\u{141}',

    ':',
    ':80',
    'a:',
    'a:-1',
    'a:+1',
    'a:8a',
    'a:65536',
    'a:000080',
    'a:80:80',
    'a: 80',
    'a:99999',
    '[',
    ']',
    '[]',
    '[:]',
    '[::1',
    '::1',
    '[::1]a',
    '[::1]:',
    '[::1]:x',
    '[::1]80',
    '[[::1]]',
    '[a]',
    '[abc]',
    '[1.2.3.4]',
    '[::1%25eth0]',
    '[::1%eth0]',
    '[:::1]',
    '[1::2::3]',
    '[12345::]',
    '[v1.a]',
    '[1:2:3:4:5:6:7:8:9]',
    'a'.repeat(261),
  ];
  for (const text of refused) {
    test(`may not be ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(isHost(text), false));
  }
});

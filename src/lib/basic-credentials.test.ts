import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timingSafeEqual } from 'node:crypto';
import { ExpectedCredentials, parseBasicCredentials } from './basic-credentials.ts';

function encode(text: string | Uint8Array): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

test('credentials are read as RFC 7617 has them', () => {
  // The example of RFC 7617, section 2.
  assert.deepEqual(parseBasicCredentials('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='), {
    username: 'Aladdin',
    password: 'open sesame',
  });
  assert.deepEqual(parseBasicCredentials(`bASIC   ${encode('a:b').slice(6)}`), { username: 'a', password: 'b' });
  assert.deepEqual(parseBasicCredentials(encode('a:b:c')), { username: 'a', password: 'b:c' });
  assert.deepEqual(parseBasicCredentials(encode(':')), { username: '', password: '' });
  assert.deepEqual(parseBasicCredentials(encode('test:123£ 密码')), { username: 'test', password: '123£ 密码' });
});

test('what is not well-formed is null', () => {
  const fields = [
    '',
    'Basic',
    'Basic ',
    'Basic !!!!',
    'Basic YTpi=',
    'Basic YTp',
    'Basic YTpiYw',
    'Basic YTpi YTpi',
    'Basic YTpi, Basic YTpi',
    'Basic -_-_',
    'Bearer YTpi',
    'BasicYTpi',
    // Bits that belong to no byte.
    'Basic YTp=',
    encode('no colon'),
    encode(Uint8Array.of(0x61, 0x3a, 0xff)),
    // UTF-16 surrogates and overlong forms are not UTF-8.
    encode(Uint8Array.of(0x61, 0x3a, 0xed, 0xa0, 0x80)),
    encode(Uint8Array.of(0x61, 0x3a, 0xc0, 0xaf)),
  ];
  for (const field of fields) assert.equal(parseBasicCredentials(field), null, field);
});

test('only the expected pair matches', () => {
  const expected = new ExpectedCredentials({ username: 'admin', password: 'pass:wörd' });
  assert.equal(expected.matches({ username: 'admin', password: 'pass:wörd' }), true);
  const wrong = [
    ['admin', 'pass:word'],
    ['Admin', 'pass:wörd'],
    ['admin', ''],
    ['', 'pass:wörd'],
    ['', ''],
    ['admin', 'pass:wörd '],
    ['admin', 'pass:wörd\0'],
    ['pass:wörd', 'admin'],
    ['admin:pass', 'wörd'],
  ] as const;
  for (const [username, password] of wrong) {
    assert.equal(expected.matches({ username, password }), false, `${username} ${password}`);
  }
});

test('letters that look the same are the same, however they are composed', () => {
  const expected = new ExpectedCredentials({ username: 'admin', password: 'w\u00f6rd' });
  assert.equal(expected.matches({ username: 'admin', password: 'wo\u0308rd' }), true);
});

test('both digests are compared, whatever the first comparison says and however long a guess is', () => {
  const lengths: number[][] = [];
  const expected = new ExpectedCredentials({ username: 'admin', password: 'secret' }, (left, right) => {
    lengths.push([left.length, right.length]);
    return timingSafeEqual(left, right);
  });
  const guesses = [
    ['admin', 'secret'],
    ['admin', 'wrong'],
    ['wrong', 'secret'],
    ['', 'x'.repeat(10_000)],
  ] as const;
  for (const [username, password] of guesses) {
    lengths.length = 0;
    expected.matches({ username, password });
    assert.deepEqual(lengths, [
      [32, 32],
      [32, 32],
    ]);
  }
});

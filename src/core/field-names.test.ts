import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  fieldRole,
  fieldRoleOf,
  fieldRoleOfName,
  isToken,
  nameKind,
  nameKinds,
  type FieldRole,
} from './field-names.ts';

function roleOf(name: string): FieldRole {
  return fieldRoleOfName(name);
}

describe('the role of a field', () => {
  const roles: readonly [role: FieldRole, names: readonly string[]][] = [
    [fieldRole.host, ['Host']],
    [fieldRole.contentLength, ['Content-Length']],
    [fieldRole.transferEncoding, ['Transfer-Encoding']],
    [fieldRole.connection, ['Connection']],
    [fieldRole.expect, ['Expect']],
    [fieldRole.upgrade, ['Upgrade']],
    [fieldRole.requestId, ['X-Request-Id']],
    [fieldRole.traceparent, ['traceparent']],
    [fieldRole.forwardedFor, ['X-Forwarded-For']],
    [fieldRole.forwardedProto, ['X-Forwarded-Proto']],
    [fieldRole.forwardedHost, ['X-Forwarded-Host']],
    [fieldRole.forwardedOther, ['Forwarded', 'X-Real-IP', 'X-Forwarded-Port', `X-Forwarded-${'A'.repeat(50)}`]],
    [fieldRole.hopByHop, ['TE', 'Trailer', 'Proxy-Connection', 'Proxy-Authorization', `Proxy-${'a'.repeat(50)}`]],
    [fieldRole.date, ['Date']],
    [fieldRole.keepAlive, ['Keep-Alive']],
    [fieldRole.backend, ['X-Backend']],
  ];
  for (const [role, names] of roles) {
    for (const name of names) {
      test(`is told from the name ${name.slice(0, 40)} in any case`, () => {
        for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) assert.equal(roleOf(spelling), role);
      });
    }
  }

  const plainNames = [
    'Accept',
    'Cookie',
    'Hos',
    'Hosts',
    'Ho-t',
    'Content-Lengt',
    'Content-Lengths',
    'Content-Type',
    'Xhost',
    'Dates',
    'tea',
    'Proxy',
    'Prox-y',
    'X-Forwarded',
    'X-Forwarde-For',
    'X-Request-Idx',
    'Transfer-Encodin',
    '(ost',
    'H/st',
    '0ate',
    '$ate',
    'Content_Type',
    'A_B',
    'x'.repeat(32),
    `t${'e'.repeat(63)}`,
    'traceparent2',
    'Keep.Alive',
    'Transfer.Encoding',
  ];
  for (const name of plainNames) {
    test(`is plain for ${name.slice(0, 40)}`, () => assert.equal(roleOf(name), fieldRole.plain));
  }

  const disguised = [
    'Content_Length',
    'transfer_encoding',
    'X_Forwarded_For',
    'X-Forwarded_For',
    'x_request_id',
    'X_Real_IP',
  ];
  for (const name of [...disguised, 'Keep_Alive', 'Proxy_A', 'X_Forwarded_Anything', 'X-Forwarded-A_B', 'X_Backend']) {
    test(`keeps ${name} from passing, because CGI reads it as the field with hyphens`, () => {
      assert.equal(roleOf(name), fieldRole.hopByHop);
    });
  }

  test('is told from the place in a text', () => {
    const text = Buffer.from('A: b\r\nHost: c', 'latin1');
    assert.equal(fieldRoleOf(text, 6, 10), fieldRole.host);
    assert.equal(fieldRoleOf(text, 7, 10), fieldRole.plain);
    assert.equal(fieldRoleOf(text, 0, 1), fieldRole.plain);
  });
});

describe('a token', () => {
  test('has the characters of RFC 9110, section 5.6.2, and no others', () => {
    for (let code = 0; code < 256; code++) {
      const character = String.fromCharCode(code);
      const expected = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(character);
      assert.equal(isToken(character), expected, `character ${code}`);
      assert.equal(isToken(`a${character}b`), expected, `character ${code} in the middle`);
      const kind = expected ? (character === '_' ? nameKind.underscore : nameKind.token) : nameKind.forbidden;
      assert.equal(nameKinds[code], kind, `character ${code}`);
    }
  });

  test('is not empty', () => {
    assert.equal(isToken(''), false);
    assert.equal(isToken('abc', 1, 1), false);
    assert.equal(isToken('abc', 2, 1), false);
  });

  test('has no character beyond one byte', () => {
    for (const character of ['\u0100', '\u0141', '\u2028', '\ud800', '\u{1f600}'])
      assert.equal(isToken(character), false);
  });

  test('may be a part of a text', () => {
    assert.equal(isToken('a b', 0, 1), true);
    assert.equal(isToken('a b', 0, 2), false);
    assert.equal(isToken(' b', 1), true);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assert as assertProperty, array, constantFrom, maxSafeNat, property, string } from 'fast-check';
import { MessageHead } from '../core/message-head.ts';
import { readConnection, readContentLength, readTransferEncoding } from './framing-fields.ts';

describe('Content-Length', () => {
  test('is read exactly, whatever the number', () => {
    assertProperty(
      property(maxSafeNat(), (length) => {
        const head = new MessageHead();
        assert.equal(readContentLength(head, String(length)), null);
        assert.equal(head.contentLength, length);
      }),
    );
  });

  test('is nothing but digits', () => {
    const digitLike = string({
      unit: constantFrom('0', '1', '5', '9', ' ', '+', '-', '.', ',', 'e', 'x', '_', '\t', '\xb2', '\u0661'),
      maxLength: 18,
    });
    assertProperty(
      property(digitLike, (value) => {
        const isNumber = /^\d{1,16}$/.test(value) && Number(value) <= Number.MAX_SAFE_INTEGER;
        assert.equal(readContentLength(new MessageHead(), value), isNumber ? null : 'invalid_framing');
      }),
    );
  });

  test('stays what it was where it is refused', () => {
    const head = new MessageHead();
    assert.equal(readContentLength(head, '5'), null);
    assert.equal(readContentLength(head, '6'), 'invalid_framing');
    assert.equal(head.contentLength, 5);
  });
});

describe('Transfer-Encoding', () => {
  test('is chunked alone and once, and every other list of codings is refused', () => {
    const coding = constantFrom('chunked', 'Chunked', 'gzip', 'identity', 'x', '', 'a b');
    assertProperty(
      property(array(coding, { minLength: 1, maxLength: 4 }), constantFrom(',', ', ', ' ,\t'), (codings, separator) => {
        const head = new MessageHead();
        const error = readTransferEncoding(head, codings.join(separator));
        const isChunked = codings.length === 1 && codings[0]?.toLowerCase() === 'chunked';
        assert.equal(error === null, isChunked);
        assert.equal(head.chunked, isChunked);
      }),
    );
  });

  test('is an unknown coding only where the codings stand in a possible order', () => {
    const errorOf = (value: string) => readTransferEncoding(new MessageHead(), value);
    assert.equal(errorOf('br'), 'unsupported_transfer_coding');
    assert.equal(errorOf('br, chunked'), 'unsupported_transfer_coding');
    assert.equal(errorOf('br,\xa0chunked'), 'unsupported_transfer_coding');
    assert.equal(errorOf('\xa0chunked'), 'invalid_framing');
    assert.equal(errorOf('chunked, br'), 'invalid_framing');
    assert.equal(errorOf('chunked, br, chunked'), 'invalid_framing');
  });
});

describe('Connection', () => {
  const read = (...values: string[]) => {
    const head = new MessageHead();
    const errors = values.map((value) => readConnection(head, value)).filter((error) => error !== null);
    const {
      connectionClose: close,
      connectionKeepAlive: keepAlive,
      connectionUpgrade: upgrade,
      connectionNames: names,
    } = head;
    return { errors, close, keepAlive, upgrade, names };
  };
  const nothing = { errors: [], close: false, keepAlive: false, upgrade: false, names: null };

  test('says whether the connection goes on, in any case and among other options', () => {
    for (const value of ['close', 'Close', 'CLOSE', ' close', 'close,', ',close']) {
      assert.deepEqual(read(value), { ...nothing, close: true }, value);
    }
    for (const value of ['keep-alive', 'Keep-Alive', 'KEEP-ALIVE', '\tkeep-alive\t']) {
      assert.deepEqual(read(value), { ...nothing, keepAlive: true }, value);
    }
  });

  test('names fields in lower case, over several fields', () => {
    assert.deepEqual(read('X-A, close', 'x-b ,KEEP-alive'), {
      ...nothing,
      close: true,
      keepAlive: true,
      names: ['x-a', 'x-b'],
    });
  });

  test('asks for an upgrade, which is a name like others too', () => {
    assert.deepEqual(read('keep-alive, Upgrade'), { ...nothing, keepAlive: true, upgrade: true, names: ['upgrade'] });
  });

  test('may be empty', () => assert.deepEqual(read('', ' , ,\t'), nothing));

  test('is refused where an option is no token', () => {
    for (const value of ['a b', 'close=1', 'a;b', '"close"', 'close\x80', '\xa0close', 'keep-alive\xa0']) {
      assert.deepEqual(read(value).errors, ['malformed_request'], value);
    }
  });
});

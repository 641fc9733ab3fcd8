import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as assertProperty, constantFrom, integer, oneof, property, string } from 'fast-check';
import { normalisePath } from './path.ts';

describe('the one form of a path', () => {
  const forms: readonly [written: string, form: string][] = [
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/', '/a/'],
    ["/a;b=c/d,e/!$&'()*+=:@", "/a;b=c/d,e/!$&'()*+=:@"],
    ['/.well-known/a', '/.well-known/a'],
    ['/a/...', '/a/...'],
    ['/a/..b/.c/d..', '/a/..b/.c/d..'],
    // Dot segments.
    ['/.', '/'],
    ['/./', '/'],
    ['/a/.', '/a/'],
    ['/a/./b', '/a/b'],
    ['/a/..', '/'],
    ['/a/../', '/'],
    ['/a/b/..', '/a/'],
    ['/a/b/../c', '/a/c'],
    ['/a/b/../../c', '/c'],
    ['/a/./../b', '/b'],
    ['/a/.././b/./c/..', '/b/'],
    // Empty segments.
    ['//', '/'],
    ['///', '/'],
    ['//a', '/a'],
    ['/a//b', '/a/b'],
    ['/a//', '/a/'],
    ['/a//..', '/'],
    ['//./a', '/a'],
    // Escapes.
    ['/%61%2D%2e%5f%7E', '/a-._~'],
    ['/%7euser', '/~user'],
    ['/a%20b', '/a%20b'],
    ['/%e4%bd%a0', '/%E4%BD%A0'],
    ['/%3f%23', '/%3F%23'],
    ['/%25', '/%25'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/%25%32%65', '/%252e'],
    ['/%252f', '/%252f'],
    ['/%3B%3a%40%21', '/%3B%3A%40%21'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%f0%9f%98%80', '/%F0%9F%98%80'],
    ['/%e9', '/%E9'],
    ['/%0a', '/%0A'],
    // Dot segments and empty ones that are escaped, in every mixture.
    ['/a/%2e', '/a/'],
    ['/a/%2E%2E/b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/a/%2e./b', '/b'],
    ['/a/%2e%2e', '/'],
    ['/a//%2e%2e//b', '/b'],
    ['/%2ewell-known', '/.well-known'],
    ['/a/..%20x/b', '/a/..%20x/b'],
    ['/a/...%3Bx/b', '/a/...%3Bx/b'],
    ['/a/%20/b', '/a/%20/b'],
    ['/a/%20;/b%3B..', '/a/%20;/b%3B..'],
  ];
  for (const [written, form] of forms) {
    test(`of ${written} is ${form}`, () => assert.equal(normalisePath(written), form));
  }

  const unsafe: Readonly<Record<string, readonly string[]>> = {
    'leaves the root': [
      '/..',
      '/../',
      '/../a',
      '/a/../..',
      '/a/../../b',
      '/a/b/../../..',
      '/./..',
      '//..',
      '/a//../..',
    ],
    'leaves the root by escapes': ['/%2e%2e', '/%2e%2e/a', '/.%2E/a', '/%2E./a', '/a/%2e%2e/%2e%2e/b', '/%2e/%2e%2e'],
    'holds a backslash': ['/\\', '/a\\b', '/..\\a', '/a/..\\..\\b', '\\', '/a/\\../b'],
    'holds an escaped slash or backslash': [
      '/a%2fb',
      '/a%2Fb',
      '/..%2fa',
      '/%2e%2e%2f',
      '/%5c',
      '/a%5C..%5Cb',
      '/%2f%2fa',
    ],
    'holds an escaped NUL': ['/%00', '/a%00b', '/a.php%00.png', '/..%00/a'],
    'holds an escape that is none': [
      '/%',
      '/%2',
      '/%g0',
      '/%0g',
      '/a%',
      '/%%32%65',
      '/%u002e',
      '/% 2e',
      '/%2',
      '/%-1',
      '/%+2',
    ],
    'holds a byte that is in no UTF-8': [
      '/%c0',
      '/%C1',
      '/%f5',
      '/%ff',
      '/a%fe',
      '/%f8%80%80%80%af',
      '/%fc%80%80%80%80%af',
    ],
    'holds an over-long slash, dot or NUL': [
      '/%c0%af',
      '/%c0%ae%c0%ae/a',
      '/%c1%9c',
      '/%e0%80%af',
      '/%E0%80%AE',
      '/%f0%80%80%af',
    ],
    'holds another over-long encoding': ['/%e0%9f%bf', '/a%e0%80%80', '/%f0%8f%bf%bf', '/%c0%80'],
    'holds a dot segment with parameters': [
      '/..;',
      '/a/..;/b',
      '/a/..;x=y/b',
      '/.;/a',
      '/a/.;x',
      '/%2e%2e;/a',
      '/a/.%2e;x/b',
    ],
    'holds a dot segment with escaped parameters': ['/a/..%3b/b', '/a/..%3Bx=y/b', '/a/%2e%2e%3b', '/a/.%3b/b'],
    'holds a dot segment with escaped blanks': [
      '/a/..%20/b',
      '/a/..%09',
      '/a/%20../b',
      '/a/%0a%0d.%2e%20%20/b',
      '/a/.%20/b',
      '/a/..%20;x/b',
      '/a/%1f..%3Bx/b',
    ],
  };
  for (const [why, paths] of Object.entries(unsafe)) {
    for (const path of paths) {
      test(`does not exist for ${path}, which ${why}`, () => assert.equal(normalisePath(path), null));
    }
  }
});

const piece = oneof(
  constantFrom('/', '/', '//', '.', '..', '/.', '/..', '/../', 'a', 'b;c', ';', '\\', '%', '%2', '%00', '%2F', '%5c'),
  constantFrom(
    '%2e',
    '%2E',
    '%252e',
    '%c0%ae',
    '%e0%80%af',
    '%61',
    '%7E',
    '%20',
    '%3b',
    '%C3%A9',
    '~',
    '-',
    '..;',
    ':',
  ),
  string({
    minLength: 1,
    maxLength: 3,
    unit: constantFrom('/', '.', '%', '2', '5', 'e', 'E', 'F', 'a', 'C', '0', ';', '~'),
  }),
  integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
);
const anyPath = array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

describe('a normalised path', () => {
  test('is the same when it is normalised again', () => {
    assertProperty(
      property(anyPath, (path) => {
        const form = normalisePath(path);
        if (form !== null) assert.equal(normalisePath(form), form);
      }),
      { numRuns: 5000 },
    );
  });

  test('holds nothing that leads out of it or that could be read in two ways', () => {
    assertProperty(
      property(anyPath, (path) => {
        const form = normalisePath(path);
        if (form === null) return;
        assert.match(form, /^\/[!-~]*$/);
        assert.doesNotMatch(form, /\/\/|\\|%(?![0-9A-F]{2}|25)/);
        assert.doesNotMatch(form, /%(00|2F|5C|C0|C1|F[5-9A-F]|E0%[89]|F0%8)/);
        assert.ok(
          form.split('/').every((segment) => !/^\.{1,2}(;|$)/.test(segment)),
          form,
        );
        for (const [, escape = ''] of form.matchAll(/%([0-9A-Fa-f]{2})/g)) {
          assert.doesNotMatch(String.fromCharCode(Number.parseInt(escape, 16)), /[A-Za-z0-9\-._~]/, form);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('is what the URL standard makes of the path, apart from empty segments', () => {
    assertProperty(
      property(anyPath, (path) => {
        const form = normalisePath(path);
        // The URL standard keeps empty segments and leaves escapes alone, dot segments excepted.
        if (form === null || path.includes('//')) return;
        const { pathname } = new URL(`http://a${path}`);
        const unescaped = pathname.replaceAll(/%([0-9A-Fa-f]{2})/g, (escape, digits: string) => {
          const character = String.fromCharCode(Number.parseInt(digits, 16));
          return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase();
        });
        // Empty segments may come of dot segments between slashes.
        if (!unescaped.includes('//')) assert.equal(form, unescaped);
      }),
      { numRuns: 5000 },
    );
  });
});

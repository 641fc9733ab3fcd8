import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, parseAddress, parseTargetUrl } from './address.ts';

test('addresses of listeners are read', () => {
  assert.deepEqual(parseAddress('0.0.0.0:8080'), { host: '0.0.0.0', port: 8080 });
  assert.deepEqual(parseAddress(':8080'), { host: '0.0.0.0', port: 8080 });
  assert.deepEqual(parseAddress('[::1]:8080'), { host: '::1', port: 8080 });
  assert.deepEqual(parseAddress('[::]:0'), { host: '::', port: 0 });
  assert.deepEqual(parseAddress('LocalHost:65535'), { host: 'localhost', port: 65_535 });
  assert.equal(formatAddress({ host: '::1', port: 80 }), '[::1]:80');
});

test('what is no address is refused', () => {
  for (const text of [
    '',
    ':',
    'localhost',
    '::1:8080',
    '[::1]',
    '[]:80',
    '[1.2.3.4]:80',
    'a b:80',
    '*:80',
    '1.2.3:80',
    'a:-1',
    'a:65536',
    'a:80x',
    '010.0.0.1:80',
  ]) {
    assert.ok('problem' in parseAddress(text), text);
  }
  assert.deepEqual('suggestion' in parseAddress('8080') && parseAddress('8080'), {
    problem: 'expected an address such as 0.0.0.0:8080, :8080, localhost:8080 or [::1]:8080',
    suggestion: ':8080',
  });
});

test('URLs of targets are read and normalised', () => {
  assert.deepEqual(parseTargetUrl('http://10.0.0.1:8081'), {
    url: 'http://10.0.0.1:8081',
    host: '10.0.0.1',
    port: 8081,
  });
  assert.deepEqual(parseTargetUrl('HTTP://Users.Example/'), {
    url: 'http://users.example:80',
    host: 'users.example',
    port: 80,
  });
  assert.deepEqual(parseTargetUrl('http://[::1]'), { url: 'http://[::1]:80', host: '::1', port: 80 });
  assert.deepEqual(parseTargetUrl('http://[::1]:81'), { url: 'http://[::1]:81', host: '::1', port: 81 });
});

test('what is no target is refused with the reason', () => {
  const cases: [string, RegExp][] = [
    ['https://a', /TLS to targets is not supported yet/],
    ['ftp://a', /http:\/\//],
    ['http://u:p@a', /user name or password/],
    ['http://a/b', /no path/],
    ['http://a?b', /no path, query/],
    ['http://a#b', /fragment/],
    ['http://a:0', /from 1 to 65535/],
    ['http://a:', /expected a target/],
    ['http://:80', /expected a target/],
    ['http://', /expected a target/],
    ['http://a b', /./],
    ['http:\\\\a', /expected a target/],
    ['http://0x7f.1', /expected a target/],
    ['a:80', /expected a target/],
  ];
  for (const [text, message] of cases) {
    const result = parseTargetUrl(text);
    assert.ok('problem' in result, text);
    assert.match(result.problem, message, text);
  }
  const bare = parseTargetUrl('a:80');
  assert.ok('suggestion' in bare && bare.suggestion === 'http://a:80');
});

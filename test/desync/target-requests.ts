import { get, lines, passed, refused, wire, type RequestCase } from './request-case.ts';

const start = (line: string) => lines(`${line} HTTP/1.1`, 'Host: a', '');
const host = (...values: readonly string[]) =>
  lines('GET /case HTTP/1.1', ...values.map((value) => `Host: ${value}`), '');

const targets = [
  ...refused('invalid_target', {
    'a fragment': start('GET /case#x'),
    'a fragment in a query': start('GET /case?a#x'),
    'a target without a slash': start('GET case'),
    'a query alone': start('GET ?case'),
    'a byte beyond ASCII': start('GET /cas\xe9'),
    'a tab in a target': start('GET /ca\tse'),
    'an asterisk for a GET': start('GET *'),
    'an asterisk with a query': start('OPTIONS *?a'),
    'an authority for a GET': start('GET a:80'),
    'another scheme': start('GET ftp://a/case'),
    'a scheme that runs scripts': start('GET javascript://a/case'),
    'an absolute form without an authority': start('GET http:///case'),
    'an absolute form with one slash': start('GET http:/a/case'),
    'an absolute form with credentials': start('GET http://user:word@a/case'),
    'an absolute form with an at sign behind a name': start('GET http://a@b/case'),
    'an absolute form with a backslash for a slash': start('GET http://a\\@b/case'),
    'an absolute form with a blank port': start('GET http://a:/case'),
    'an absolute form with too high a port': start('GET http://a:65536/case'),
    'an absolute form with an escaped host': start('GET http://%61/case'),
    'an absolute form with a fragment': start('GET http://a/case#x'),
    'an absolute form with a list of hosts': start('GET http://a,b/case'),
  }),
  ...refused('method_not_allowed', {
    'CONNECT with an authority': start('CONNECT a:443'),
    'CONNECT with a path': start('CONNECT /case'),
    'CONNECT with an absolute form': start('CONNECT http://a/case'),
  }),
  ...passed({
    'an absolute form': [start('GET http://a/case'), wire()],
    'an absolute form for another host than Host': [start('GET http://b:81/case'), wire({ host: 'b:81' })],
    'an absolute form in capitals': [
      start('GET HTTP://B.example/case?x'),
      wire({ line: 'GET /case?x', host: 'B.example' }),
    ],
    'an absolute form without a path': [start('GET http://b?x=/../y'), wire({ line: 'GET /?x=/../y', host: 'b' })],
    'an absolute form for an address': [start('GET https://[::1]:8443/case'), wire({ host: '[::1]:8443' })],
    'an absolute form in a path': [start('GET /http://b/case'), wire({ line: 'GET /http:/b/case' })],
    'an at sign in a path': [start('GET /@b/case'), wire({ line: 'GET /@b/case' })],
    'two slashes that would begin an authority': [start('GET //b/case'), wire({ line: 'GET /b/case' })],
    'an absolute form with two slashes behind its host': [start('GET http://a//b/case'), wire({ line: 'GET /b/case' })],
    'a query is passed on as it is': [
      start('GET /case?a=%2e%2e/%0d%0aX:y&b=//..\\'),
      wire({ line: 'GET /case?a=%2e%2e/%0d%0aX:y&b=//..\\' }),
    ],
    'an escaped line end stays escaped': [start('GET /case%0d%0aX:%20y'), wire({ line: 'GET /case%0D%0AX:%20y' })],
  }),
];

const hosts = [
  ...refused('invalid_host', {
    'no Host': lines('GET /case HTTP/1.1', 'X: y', ''),
    'no Host beside an absolute form': lines('GET http://a/case HTTP/1.1', ''),
    'two Hosts': host('a', 'b'),
    'two Hosts of one value': host('a', 'a'),
    'two Hosts in two spellings': lines('GET /case HTTP/1.1', 'Host: a', 'hOST: b', ''),
    'two Hosts beside an absolute form': lines('GET http://a/case HTTP/1.1', 'Host: a', 'Host: a', ''),
    'two Hosts in HTTP/1.0': lines('GET /case HTTP/1.0', 'Host: a', 'Host: b', ''),
    'an empty Host': host(''),
    'a list of hosts': host('a, b'),
    'a Host with a comma': host('a,b'),
    'a Host with a blank': host('a b'),
    'a Host with credentials': host('user@a'),
    'a Host with a scheme': host('http://a'),
    'a Host with a path': host('a/b'),
    'a Host with a query': host('a?b'),
    'a Host with a fragment': host('a#b'),
    'a Host with a backslash': host('a\\b'),
    'a Host with an escape': host('%61'),
    'a Host with an empty port': host('a:'),
    'a Host with two ports': host('a:80:81'),
    'a Host with a port in letters': host('a:b'),
    'a Host with a negative port': host('a:-80'),
    'a Host with too high a port': host('a:65536'),
    'a Host with an empty label': host('a..b'),
    'a Host with quotes': host('"a"'),
    'a Host beyond ASCII': host('\xe9'),
    'an address without brackets': host('::1'),
    'an address with a zone': host('[fe80::1%25eth0]'),
    'an address with a tail': host('[::1].a'),
    'a bad Host beside an absolute form': lines('GET http://a/case HTTP/1.1', 'Host: a/b', ''),
  }),
  ...refused('malformed_request', {
    'a Host on a folded line': lines('GET /case HTTP/1.1', 'Host:', ' a', ''),
    'a control character in a query': start('GET /case?\x01'),
    'a blank before the colon of Host': lines('GET /case HTTP/1.1', 'Host : a', ''),
    'a second Host folded away': lines('GET /case HTTP/1.1', 'Host: a', ' Host: b', ''),
  }),
  ...passed({
    'a Host with a port': [host('A.example:8080'), wire({ host: 'A.example:8080' })],
    'a Host of an address': [host('[::1]:80'), wire({ host: '[::1]:80' })],
    'a Host in blanks': [host(' \ta\t '), wire()],
    'fields that look like Host to CGI': [
      lines('GET /case HTTP/1.1', 'Host: a', 'HTTP_HOST: b', 'X-Host: c', ''),
      wire({ fields: ['HTTP_HOST: b', 'X-Host: c'] }),
    ],
    'a field of the gateway’s that tells of the host': [get('X-Forwarded-Host: b'), wire()],
  }),
];

export const targetRequests: readonly RequestCase[] = [...targets, ...hosts];

import { get, lines, passed, refused, wire, type RequestCase } from './request-case.ts';

const start = (line: string) => lines(line, 'Host: a', '');

const lineEnds = [
  ...refused('malformed_request', {
    'bare LFs alone': 'GET /case HTTP/1.1\nHost: a\n\n',
    'a bare LF behind the request line': 'GET /case HTTP/1.1\nHost: a\r\n\r\n',
    'a bare LF behind a field': 'GET /case HTTP/1.1\r\nHost: a\nX: y\r\n\r\n',
    'a bare LF at the end of the head': 'GET /case HTTP/1.1\r\nHost: a\r\n\n',
    'an LF and a CR in turn': 'GET /case HTTP/1.1\n\rHost: a\n\r\n\r',
    'bare CRs alone': 'GET /case HTTP/1.1\rHost: a\r\r',
    'a bare CR in a value': get('X: y\rZ: z'),
    'a bare CR before a CRLF': get('X: y\r'),
    'a bare CR in a name': get('X\rY: z'),
    'a bare CR in the target': start('GET /ca\rse HTTP/1.1'),
    'an empty line that is a bare LF': `\n${get()}`,
    'two empty lines before a request': `\r\n\r\n${get()}`,
    'a blank line before a request': ` \r\n${get()}`,
    'a NUL in a value': get('X: y\0z'),
    'a NUL in a name': get('X\0: y'),
    'a NUL in the method': start('G\0ET /case HTTP/1.1'),
    'a NUL before a request': `\0${get()}`,
    'a DEL in a value': get('X: \x7f'),
    'a backspace in a value': get('X: a\bb'),
    'an escape character in a value': get('X: \x1b[2J'),
    'a vertical tab behind the version': start('GET /case HTTP/1.1\v'),
    'an end of file in a value': get('X: \x1a'),
  }),
  ...passed({
    'an empty line before a request': [`\r\n${get()}`, wire()],
    'a tab in a value': [get('X: a\tb'), wire({ fields: ['X: a\tb'] })],
    'bytes beyond ASCII in a value': [get('X: \x80\xe9\xff'), wire({ fields: ['X: \x80\xe9\xff'] })],
    'blanks around a value': [get('X:  \t y\t'), wire({ fields: ['X:  \t y\t'] })],
    'a value without a blank before it': [get('X:y', 'Y:'), wire({ fields: ['X:y', 'Y:'] })],
  }),
];

const fieldLines = [
  ...refused('malformed_request', {
    'a line folded with a blank': get('X: y', ' z'),
    'a line folded with a tab': get('X: y', '\tz: a'),
    'a fold before the first field': lines('GET /case HTTP/1.1', ' X: y', 'Host: a', ''),
    'a fold behind the Host': lines('GET /case HTTP/1.1', 'Host: a', ' .b', ''),
    'a line of a blank alone': get(' '),
    'a line of a tab alone': get('\t'),
    'a blank before a colon': get('X : y'),
    'a no-break space before a colon': get('X\xa0: y'),
    'a blank in a name': get('X Y: z'),
    'an empty name': get(': y'),
    'a line without a colon': get('X'),
    'a name with parentheses': get('X(Y): z'),
    'a name with a slash': get('X/Y: z'),
    'a name in quotes': get('"X": y'),
    'a name with an at sign': get('X@Y: z'),
    'a name beyond ASCII': get('\xc9: y'),
    'a request line among the fields': get('GET /inner HTTP/1.1'),
  }),
  ...refused('head_too_large', {
    'a field of 17 kB': get(`X: ${'y'.repeat(17_000)}`),
    'a name of 17 kB': get(`${'X'.repeat(17_000)}: y`),
    'a field too many': get(...Array.from({ length: 100 }, (_, number) => `X${number}: y`)),
  }),
  ...passed({
    'a name of every character of a token': [get("!#$%&'*+-.^`|~0aZ: y"), wire({ fields: ["!#$%&'*+-.^`|~0aZ: y"] })],
    'repeated fields in their order': [get('X: 1', 'x: 2', 'X: 1'), wire({ fields: ['X: 1', 'x: 2', 'X: 1'] })],
  }),
];

const requestLines = [
  ...refused('malformed_request', {
    'no version, as in HTTP/0.9': 'GET /case\r\n\r\n',
    'an empty version': start('GET /case '),
    'two blanks before the target': start('GET  /case HTTP/1.1'),
    'two blanks before the version': start('GET /case  HTTP/1.1'),
    'a blank behind the version': start('GET /case HTTP/1.1 '),
    'a blank before the method': start(' GET /case HTTP/1.1'),
    'a tab for a blank': start('GET\t/case\tHTTP/1.1'),
    'a blank in the target': start('GET /ca se HTTP/1.1'),
    'a second request in the target': start('GET /case HTTP/1.1 /other HTTP/1.1'),
    'a version in lower case': start('GET /case http/1.1'),
    'HTTP/1.2': start('GET /case HTTP/1.2'),
    'HTTP/1.10': start('GET /case HTTP/1.10'),
    'HTTP/01.1': start('GET /case HTTP/01.1'),
    'HTTP/1,1': start('GET /case HTTP/1,1'),
    'HTTP/2': start('GET /case HTTP/2'),
    'HTTPS/1.1': start('GET /case HTTPS/1.1'),
    'another protocol': start('GET /case RTSP/1.0'),
    'an empty method': start(' /case HTTP/1.1'),
    'a method in quotes': start('"GET" /case HTTP/1.1'),
    'a method with a colon': start('GET: /case HTTP/1.1'),
    'a method of 33 characters': start(`${'M'.repeat(33)} /case HTTP/1.1`),
    garbage: '\xff\xfe\xfd\r\n\r\n',
  }),
  ...refused('unsupported_version', {
    'HTTP/2.0 in words': start('GET /case HTTP/2.0'),
    'HTTP/0.9 in words': start('GET /case HTTP/0.9'),
    'HTTP/3.1': start('GET /case HTTP/3.1'),
  }),
  ...refused('not_plain_http', {
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
    'a TLS hello': '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03',
  }),
  ...refused('request_line_too_long', {
    'a target of 8 kB': start(`GET /${'a'.repeat(8192)} HTTP/1.1`),
  }),
  ...passed({
    'a method that nobody knows': [start('BREW /case HTTP/1.1'), wire({ line: 'BREW /case' })],
    'a method in lower case is another one': [start('get /case HTTP/1.1'), wire({ line: 'get /case' })],
    'a method of 32 characters': [start(`${'M'.repeat(32)} /case HTTP/1.1`), wire({ line: `${'M'.repeat(32)} /case` })],
    'TRACE is passed on as any method': [start('TRACE /case HTTP/1.1'), wire({ line: 'TRACE /case' })],
    'HTTP/1.0 becomes HTTP/1.1': [start('GET /case HTTP/1.0'), wire(), { ends: true }],
    'HTTP/1.0 without a Host': ['GET /case HTTP/1.0\r\n\r\n', wire({ host: '' }), { ends: true }],
    'HTTP/1.0 that goes on': [lines('GET /case HTTP/1.0', 'Host: a', 'Connection: keep-alive', ''), wire()],
  }),
];

export const headRequests: readonly RequestCase[] = [...lineEnds, ...fieldLines, ...requestLines];

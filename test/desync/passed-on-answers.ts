import { ok, passedOn, told, toldInChunks, toldOfLength, type ResponseCase } from './response-case.ts';

const ab = (...more: readonly string[]) => ok([...more, 'Content-Length: 2'], 'ab');
const end = '0\r\n\r\n';
const old = (more: readonly string[], body: string) =>
  `HTTP/1.0 200 OK\r\n${more.map((it) => `${it}\r\n`).join('')}\r\n${body}`;

const framings = passedOn({
  'a length': [ab(), toldOfLength('ab')],
  'a length with zeros before it': [ok(['Content-Length: 0002'], 'ab'), toldOfLength('ab')],
  'a length among blanks': [ok(['content-length:\t2 '], 'ab'), toldOfLength('ab')],
  chunks: [ok(['Transfer-Encoding: chunked'], `2\r\nab\r\n${end}`), toldInChunks('ab')],
  'chunked in capitals': [ok(['TRANSFER-ENCODING: CHUNKED'], `2\r\nab\r\n${end}`), toldInChunks('ab')],
  'extensions and trailers stay behind': [
    ok(['Transfer-Encoding: chunked', 'Trailer: X'], `2;a="b"\r\nab\r\n0;c\r\nX: y\r\nSet-Cookie: z\r\n\r\n`),
    toldInChunks('ab'),
  ],
  'a body up to the close': [ok([], 'ab'), toldInChunks('ab'), { after: 'closes', reused: false }],
  'no body up to the close': [ok([]), toldInChunks(''), { after: 'closes', reused: false }],
  'chunks to HTTP/1.0': [
    ok(['Transfer-Encoding: chunked'], `2\r\nab\r\n${end}`),
    told({ body: 'ab', close: true }),
    { version: '1.0' },
  ],
  'a body up to the close to HTTP/1.0': [
    ok([], 'ab'),
    told({ body: 'ab', close: true }),
    { version: '1.0', after: 'closes', reused: false },
  ],
  'a length to HTTP/1.0': [ab(), toldOfLength('ab', { keepAlive: true }), { version: '1.0' }],
  '204 without anything': ['HTTP/1.1 204 No Content\r\n\r\n', told({ line: 'HTTP/1.1 204 No Content' })],
  '304 without anything': ['HTTP/1.1 304 Not Modified\r\n\r\n', told({ line: 'HTTP/1.1 304 Not Modified' })],
  '304 with the length that it would have had': [
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n',
    told({ line: 'HTTP/1.1 304 Not Modified', framing: ['Content-Length: 2'] }),
    { reused: false },
  ],
  'a HEAD with the length that it would have had': [
    ok(['Content-Length: 2']),
    told({ framing: ['Content-Length: 2'] }),
    { method: 'HEAD', reused: false },
  ],
  'a HEAD with chunks that it would have had': [
    ok(['Transfer-Encoding: chunked']),
    told({ framing: ['Transfer-Encoding: chunked'] }),
    { method: 'HEAD', reused: false },
  ],
  'a HEAD without a length': [ok([]), told(), { method: 'HEAD' }],
  '205 with a body': ['HTTP/1.1 205 x\r\nContent-Length: 2\r\n\r\nab', toldOfLength('ab', { line: 'HTTP/1.1 205 x' })],
  'HTTP/1.0 is passed on as HTTP/1.1': [old(['Content-Length: 2'], 'ab'), toldOfLength('ab'), { reused: false }],
  'HTTP/1.0 that keeps its connection': [
    old(['Connection: keep-alive', 'Content-Length: 2'], 'ab'),
    toldOfLength('ab'),
  ],
  'a connection that the target closes': [ab('Connection: close'), toldOfLength('ab'), { reused: false }],
  'a connection that the target closes without saying so': [
    ab(),
    toldOfLength('ab'),
    { after: 'closes', reused: false },
  ],
});

const heads = passedOn({
  'a status line without a reason': [
    'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab',
    toldOfLength('ab', { line: 'HTTP/1.1 200 ' }),
  ],
  'a status line without the blank before its reason': [
    'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab',
    toldOfLength('ab', { line: 'HTTP/1.1 200 ' }),
  ],
  'a reason of any text': [
    'HTTP/1.1 299 \tNot  \xe9 HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab',
    toldOfLength('ab', { line: 'HTTP/1.1 299 \tNot  \xe9 HTTP/1.1 200' }),
  ],
  'fields in their order and spelling': [
    ab('x-a:b', 'X-A:  c\t', 'Set-Cookie: \xe9', 'set-cookie: 2'),
    toldOfLength('ab', { fields: ['x-a:b', 'X-A:  c\t', 'Set-Cookie: \xe9', 'set-cookie: 2'] }),
  ],
  'the date of the target': [
    ab('Date: Thu, 01 Jan 1970 00:00:00 GMT'),
    toldOfLength('ab', { fields: ['Date: Thu, 01 Jan 1970 00:00:00 GMT'], dated: true }),
  ],
  'fields of the target’s connection stay behind': [
    ab(
      'Connection: keep-alive, X-Hop',
      'X-Hop: 1',
      'Keep-Alive: timeout=50',
      'Proxy-Authenticate: Basic',
      'TE: x',
      'Upgrade: h2c',
    ),
    toldOfLength('ab'),
  ],
  'a target cannot speak for the gateway': [
    ab('X-Request-Id: theirs', 'X-Backend: theirs', 'X_Request_Id: theirs', 'X-Retry-Count: 9'),
    toldOfLength('ab'),
  ],
  'a target cannot name away what the gateway says': [
    ab('Connection: X-Request-Id, X-Backend, Content-Length, Transfer-Encoding'),
    toldOfLength('ab'),
  ],
  'a length in disguise stays behind': [ab('Content_Length: 9', 'Transfer_Encoding: chunked'), toldOfLength('ab')],
});

const interim = passedOn({
  '100 is dropped': [`HTTP/1.1 100 Continue\r\n\r\n${ab()}`, toldOfLength('ab')],
  '102 is dropped': [`HTTP/1.1 102 Processing\r\nX: y\r\n\r\n${ab()}`, toldOfLength('ab')],
  '103 is passed on': [
    `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n${ab()}`,
    toldOfLength('ab'),
    { interim: ['HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'] },
  ],
  '103 with a length has none any more': [
    `HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\nTransfer_Encoding: chunked\r\n\r\n${ab()}`,
    toldOfLength('ab'),
    { interim: ['HTTP/1.1 103 Early Hints\r\n\r\n'] },
  ],
  '103 is not for HTTP/1.0': [
    `HTTP/1.1 103 Early Hints\r\n\r\n${ab()}`,
    toldOfLength('ab', { keepAlive: true }),
    { version: '1.0' },
  ],
  'sixteen interim answers': ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(16) + ab(), toldOfLength('ab')],
});

export const passedOnAnswers: readonly ResponseCase[] = [...framings, ...heads, ...interim];

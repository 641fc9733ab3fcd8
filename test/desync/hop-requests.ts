import { get, lines, passed, post, refused, wire, wireOfLength, type RequestCase } from './request-case.ts';

const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const earlierHops = [
  'X-Forwarded-For: 203.0.113.9',
  'X-Forwarded-For: 198.51.100.7',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: outer.example',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Prefix: /x',
  'X-Real-IP: 203.0.113.9',
  'Forwarded: for=203.0.113.9',
];
const forwardedAs = (client: string, proto = 'http', host = 'a') => [
  `X-Forwarded-For: ${client}`,
  `X-Forwarded-Proto: ${proto}`,
  `X-Forwarded-Host: ${host}`,
];

const connection = [
  ...refused('malformed_request', {
    'an option of two words': get('Connection: close keep-alive'),
    'an option with a parameter': get('Connection: close;x'),
    'an option in quotes': get('Connection: "close"'),
    'an option with a colon': get('Connection: Host:'),
    'an option beyond ASCII': get('Connection: clos\xe9'),
  }),
  ...passed({
    'fields that Connection names stay behind': [
      get('Connection: X-Hop, keep-alive', 'X-Hop: 1', 'x-HOP: 2', 'X-Hop-2: 3'),
      wire({ fields: ['X-Hop-2: 3'] }),
    ],
    'a name in a second Connection, amid empty ones': [
      get('Connection: ,,', 'Connection: ,X-Hop ,', 'X-Hop: 1'),
      wire(),
    ],
    'Connection cannot name the Host away': [get('Connection: Host'), wire()],
    'Connection cannot name the hops away': [
      get('Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host', ...earlierHops),
      wire(),
    ],
    'Connection cannot name the hops away from a trusted client': [
      get('Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host', 'X-Forwarded-For: 203.0.113.9'),
      wire({ forwarded: forwardedAs('203.0.113.9, 127.0.0.1') }),
      { trusted: true },
    ],
    'Connection cannot name the ids away': [
      get('Connection: X-Request-Id, traceparent', 'X-Request-Id: mine', `traceparent: ${trace}`),
      wire({ id: 'mine', trace }),
    ],
    'Connection cannot name the length away': [
      post(['Connection: content-length, CONTENT-LENGTH', 'Content-Length: 5'], 'hello'),
      wireOfLength('hello'),
    ],
    'what the client takes away is its own': [
      get('Connection: Authorization, X-API-Key, Cookie', 'Authorization: x', 'X-API-Key: y', 'Cookie: z', 'A: b'),
      wire({ fields: ['A: b'] }),
    ],
    'close is obeyed in any case and in any place': [
      get('Connection: x-hop', 'Connection: keep-alive , CLOSE'),
      wire(),
      { ends: true },
    ],
    'close beside keep-alive in HTTP/1.0': [
      lines('GET /case HTTP/1.0', 'Connection: keep-alive', 'Connection: close', ''),
      wire({ host: '' }),
      { ends: true },
    ],
    'Connection that names itself': [get('Connection: Connection, close'), wire(), { ends: true }],
    'a field that reads as Connection to CGI is none': [
      get('CONNECTION_: close'),
      wire({ fields: ['CONNECTION_: close'] }),
    ],
    'Proxy-Connection says nothing': [get('Proxy-Connection: close'), wire()],
  }),
];

const hopByHop = passed({
  'fields of one connection stay behind': [
    get(
      'Keep-Alive: timeout=5',
      'TE: trailers',
      'Trailer: X',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
      'Proxy-Authorization: Basic eA==',
      'Proxy-Authenticate: Basic',
      'Proxy-X: y',
      'A: b',
    ),
    wire({ fields: ['A: b'] }),
  ],
  'their disguises with underscores stay behind': [
    get('Keep_Alive: 5', 'Proxy_Authorization: x', 'X_Forwarded_For: x', 'X-Request_Id: x', 'X_Real_IP: x', 'A_B: c'),
    wire({ fields: ['A_B: c'] }),
  ],
  'an offer of h2c is passed over': [
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'),
    wire(),
  ],
  'an upgrade that Connection does not name is passed over': [get('Upgrade: websocket'), wire()],
});

const hops = passed({
  'a client that is not trusted cannot speak of earlier hops': [get(...earlierHops), wire()],
  'a trusted client can': [
    get(...earlierHops),
    wire({
      fields: earlierHops.slice(4),
      forwarded: forwardedAs('203.0.113.9, 198.51.100.7, 127.0.0.1', 'https', 'outer.example'),
    }),
    { trusted: true },
  ],
  'a list of hops is one field, whatever it says': [
    get('X-Forwarded-For: 1, "2\\", \xe9;for=3', 'X-Forwarded-For: unknown'),
    wire({ forwarded: forwardedAs('1, "2\\", \xe9;for=3, unknown, 127.0.0.1') }),
    { trusted: true },
  ],
  'a scheme is one field, whatever it says': [
    get('X-Forwarded-Proto: https, http://b/?x=\\r\\n'),
    wire({ forwarded: forwardedAs('127.0.0.1', 'https, http://b/?x=\\r\\n') }),
    { trusted: true },
  ],
  'of two hosts the last one counts': [
    get('X-Forwarded-Host: b', 'X-Forwarded-Host: c d'),
    wire({ forwarded: forwardedAs('127.0.0.1', 'http', 'c d') }),
    { trusted: true },
  ],
});

const ids = passed({
  'an id of visible characters': [get('X-Request-Id: a:b;"\\<>{}|~!'), wire({ id: 'a:b;"\\<>{}|~!' })],
  'an id that looks like a line end': [get('X-Request-Id: a%0d%0aX:y'), wire({ id: 'a%0d%0aX:y' })],
  'an id with a blank': [get('X-Request-Id: a b'), wire()],
  'an id with a tab': [get('X-Request-Id: a\tb'), wire()],
  'an id beyond ASCII': [get('X-Request-Id: \xe9'), wire()],
  'an id in UTF-8 that ends like a line': [get('X-Request-Id: a\xe5\x98\x8a\xe5\x98\x8dX: y'), wire()],
  'an empty id': [get('X-Request-Id:'), wire()],
  'an id that is too long': [get(`X-Request-Id: ${'a'.repeat(129)}`), wire()],
  'two ids': [get('X-Request-Id: a', 'x-request-id: a'), wire()],
  'a trace': [get(`traceparent: ${trace}`), wire({ trace })],
  'a trace in capitals': [get(`traceparent: ${trace.toUpperCase()}`), wire()],
  'a trace of another version': [get(`traceparent: 01${trace.slice(2)}-x`), wire()],
  'a trace of zeros': [get(`traceparent: 00-${'0'.repeat(32)}-00f067aa0ba902b7-01`), wire()],
  'a trace with a tail': [get(`traceparent: ${trace}\t, x`), wire()],
  'two traces': [get(`traceparent: ${trace}`, `Traceparent: ${trace}`), wire()],
});

const lineEndsInside = refused('malformed_request', {
  'an id with a bare CR': get('X-Request-Id: a\rX: y'),
  'an id with a bare LF': get('X-Request-Id: a\nX: y'),
  'an id with a NUL': get('X-Request-Id: a\0'),
  'a trace with a bare CR': get(`traceparent: ${trace}\rX: y`),
  'a hop with a bare LF': get('X-Forwarded-For: 203.0.113.9\nX: y'),
  'a scheme with a bare CR': get('X-Forwarded-Proto: https\rX: y'),
  'a Host with a bare LF': lines('GET /case HTTP/1.1', 'Host: a\nX: y', ''),
  'a path with a bare LF': lines('GET /case\nX: HTTP/1.1', 'Host: a', ''),
});

export const hopRequests: readonly RequestCase[] = [...connection, ...hopByHop, ...hops, ...ids, ...lineEndsInside];

import {
  broken,
  chunkedPost,
  lines,
  passed,
  post,
  refused,
  wire,
  wireInChunks,
  wireOfLength,
  type RequestCase,
} from './request-case.ts';

/** Chunks that hold "hello", then these. */
const afterHello = (rest: string) => chunkedPost(`5\r\nhello\r\n${rest}`);
/** A last chunk with these trailers. */
const trailers = (...texts: readonly string[]) => afterHello(`0\r\n${lines(...texts, '')}`);
const end = '0\r\n\r\n';

const sizes = broken('invalid_chunk', {
  'a size of 9 digits': chunkedPost(`000000005\r\nhello\r\n${end}`),
  'a size of 17 digits': chunkedPost(`00000000000000005\r\nhello\r\n${end}`),
  'a size of 2^64 and five': chunkedPost(`10000000000000005\r\nhello\r\n${end}`),
  'a size of 2^32 and five': chunkedPost(`100000005\r\nhello\r\n${end}`),
  'a size with a plus': chunkedPost(`+5\r\nhello\r\n${end}`),
  'a negative size': chunkedPost(`-5\r\nhello\r\n${end}`),
  'a size with 0x': chunkedPost(`0x5\r\nhello\r\n${end}`),
  'a size with an h behind it': chunkedPost(`5h\r\nhello\r\n${end}`),
  'a size with an underscore': chunkedPost(`0_5\r\nhello\r\n${end}`),
  'a size with a fraction': chunkedPost(`5.0\r\nhello\r\n${end}`),
  'a size in quotes': chunkedPost(`"5"\r\nhello\r\n${end}`),
  'an empty size': chunkedPost(`\r\nhello\r\n${end}`),
  'a blank before a size': chunkedPost(` 5\r\nhello\r\n${end}`),
  'a blank behind a size': chunkedPost(`5 \r\nhello\r\n${end}`),
  'a tab behind a size': chunkedPost(`5\t\r\nhello\r\n${end}`),
  'a bare LF behind a size': chunkedPost(`5\nhello\r\n${end}`),
  'a bare CR behind a size': chunkedPost(`5\rhello\r\n${end}`),
  'a CR and a CRLF behind a size': chunkedPost(`5\r\r\nhello\r\n${end}`),
  'a NUL behind a size': chunkedPost(`5\0\r\nhello\r\n${end}`),
  'a chunk without its CRLF': chunkedPost(`5\r\nhello${end}`),
  'a chunk that ends with a bare LF': chunkedPost(`5\r\nhello\n${end}`),
  'a chunk that ends with a bare CR': chunkedPost(`5\r\nhello\r${end}`),
  'a chunk longer than its size': chunkedPost(`4\r\nhello\r\n${end}`),
  'a chunk shorter than its size': chunkedPost(`6\r\nhello\r\n${end}`),
  'a last chunk that ends with bare LFs': afterHello('0\n\n'),
  'a last chunk without its empty line': afterHello('0\r\nGET /inner HTTP/1.1\r\n'),
  'a last chunk with a sign': afterHello('-0\r\n\r\n'),
  'a request where a size should be': afterHello('GET /inner HTTP/1.1\r\nHost: a\r\n\r\n'),
});

const extensions = broken('invalid_chunk', {
  'extensions of 257 bytes': chunkedPost(`5;${'x'.repeat(257)}\r\nhello\r\n${end}`),
  'extensions that never end': chunkedPost(`5;${'x'.repeat(5_000)}`),
  'an empty extension': chunkedPost(`5;\r\nhello\r\n${end}`),
  'an extension without a name': chunkedPost(`5;=x\r\nhello\r\n${end}`),
  'an extension without a value': chunkedPost(`5;x=\r\nhello\r\n${end}`),
  'an extension behind a blank': chunkedPost(`5 ;x\r\nhello\r\n${end}`),
  'an extension with a blank': chunkedPost(`5; x\r\nhello\r\n${end}`),
  'a bare LF in an extension': chunkedPost(`5;x\nhello\r\n${end}`),
  'a bare LF in a quoted extension': chunkedPost(`5;x="\n"\r\nhello\r\n${end}`),
  'a CRLF in a quoted extension': chunkedPost(`5;x="\r\nhello\r\n${end}"\r\n${end}`),
  'a quoted extension that does not end': chunkedPost(`5;x="y\r\nhello\r\n${end}`),
  'text behind a quoted extension': chunkedPost(`5;x="y"z\r\nhello\r\n${end}`),
  'a NUL in an extension': chunkedPost(`5;x=\0\r\nhello\r\n${end}`),
  'a bare LF in an extension of the last chunk': afterHello('0;x\n\r\n'),
});

const trailerFields = [
  ...broken('invalid_chunk', {
    'a length among the trailers': trailers('Content-Length: 5'),
    'a coding among the trailers': trailers('Transfer-Encoding: chunked'),
    'a coding in capitals among the trailers': trailers('TRANSFER-ENCODING: gzip'),
    'a Host among the trailers': trailers('Host: b'),
    'Connection among the trailers': trailers('Connection: close'),
    'an Upgrade among the trailers': trailers('Upgrade: websocket'),
    'a trailer with a blank before its colon': trailers('X : y'),
    'a trailer without a name': trailers(': y'),
    'a trailer without a colon': trailers('X'),
    'a folded trailer': trailers('X: y', ' z'),
    'a trailer that begins with a blank': trailers(' X: y'),
    'a trailer with a control character': trailers('X: \x01'),
    'a bare LF behind a trailer': afterHello('0\r\nX: y\n\r\n'),
    'a bare CR in a trailer': afterHello('0\r\nX: y\rZ: z\r\n\r\n'),
    'a request line among the trailers': trailers('GET /inner HTTP/1.1', 'Host: a'),
  }),
  ...broken('head_too_large', {
    'trailers of 17 kB': trailers(`X: ${'y'.repeat(17_000)}`),
    'a trailer too many': trailers(...Array.from({ length: 101 }, (_, number) => `X${number}: y`)),
  }),
];

const forwarded = passed({
  'chunks are written anew': [chunkedPost(`2\r\nhe\r\n0003\r\nllo\r\n00000000\r\n\r\n`), wireInChunks('hello')],
  'a body without a chunk': [chunkedPost(end), wireInChunks('')],
  'sizes of either case': [
    chunkedPost(`a\r\n0123456789\r\nB\r\n0123456789a\r\n${end}`),
    wireInChunks('01234567890123456789a'),
  ],
  'extensions stay behind': [chunkedPost(`5;a;b=c;d="e;\\"\t"\r\nhello\r\n0;f=g\r\n\r\n`), wireInChunks('hello')],
  'extensions of 256 bytes stay behind': [
    chunkedPost(`5;${'x'.repeat(256)}\r\nhello\r\n${end}`),
    wireInChunks('hello'),
  ],
  'trailers stay behind': [trailers('X: y', 'Expires: 0'), wireInChunks('hello')],
  'trailers that would speak for somebody stay behind': [
    trailers('Authorization: Bearer x', 'X-API-Key: x', 'X-Forwarded-For: 203.0.113.9', 'Content_Length: 9'),
    wireInChunks('hello'),
  ],
  'a Trailer field stays behind with its trailers': [
    post(['Transfer-Encoding: chunked', 'Trailer: X'], `5\r\nhello\r\n0\r\nX: y\r\n\r\n`),
    wireInChunks('hello'),
  ],
  'chunks that look like requests': [
    chunkedPost(`1f\r\n\r\nGET /inner HTTP/1.1\r\nHost:a\r\n\r\n${end}`),
    wireInChunks('\r\nGET /inner HTTP/1.1\r\nHost:a\r\n'),
  ],
  'a chunk that looks like the last one': [chunkedPost(`5\r\n${end}\r\n${end}`), wireInChunks(end)],
});

const expectations = [
  ...refused('expectation_failed', {
    'another expectation': post(['Expect: 200-ok', 'Content-Length: 5'], 'hello'),
    'an expectation with a parameter': post(['Expect: 100-continue;x', 'Content-Length: 5'], 'hello'),
    'a list of one expectation': post(['Expect: 100-continue, 100-continue', 'Content-Length: 5'], 'hello'),
    'an empty expectation': post(['Expect:', 'Content-Length: 5'], 'hello'),
    'an expectation and another one': post(['Expect: 100-continue', 'Expect: x', 'Content-Length: 5'], 'hello'),
    'an expectation spelled with a blank': post(['Expect: 100 continue', 'Content-Length: 5'], 'hello'),
    'an expectation beyond ASCII': post(['Expect: 100-continue\xa0', 'Content-Length: 5'], 'hello'),
  }),
  ...passed({
    '100-continue is kept from the target, which is told the body at once': [
      post(['Expect: 100-continue', 'Content-Length: 5'], 'hello'),
      wireOfLength('hello'),
      { told: ['continue', 'fine'] },
    ],
    '100-continue in any case, with chunks': [
      post(['expect: 100-CONTINUE', 'Transfer-Encoding: chunked'], `5\r\nhello\r\n${end}`),
      wireInChunks('hello'),
      { told: ['continue', 'fine'] },
    ],
    '100-continue said twice is said once': [
      post(['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 5'], 'hello'),
      wireOfLength('hello'),
      { told: ['continue', 'fine'] },
    ],
    '100-continue without a body is passed over': [post(['Expect: 100-continue']), wireOfLength('')],
    '100-continue of HTTP/1.0 is passed over': [
      'POST /case HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
      wireOfLength('hello'),
      { ends: true },
    ],
    '100-continue that Connection names is heard all the same': [
      post(['Connection: Expect', 'Expect: 100-continue', 'Content-Length: 5'], 'hello'),
      wireOfLength('hello'),
      { told: ['continue', 'fine'] },
    ],
    'a field that reads as an expectation to CGI is none': [
      post(['X_Expect: 100-continue', 'Content-Length: 5'], 'hello'),
      wireOfLength('hello', { fields: ['X_Expect: 100-continue'] }),
    ],
  }),
];

const bodies = [
  ...passed({
    'a body in HTTP/1.0': [
      'POST /case HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
      wireOfLength('hello'),
      { ends: true },
    ],
    'a body of a HEAD': [
      'HEAD /case HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
      wireOfLength('hello', { line: 'HEAD /case' }),
    ],
    'a body of a TRACE': [
      'TRACE /case HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
      wireOfLength('hello', { line: 'TRACE /case' }),
    ],
    'a body of an OPTIONS': [
      'OPTIONS /case HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
      wireOfLength('hello', { line: 'OPTIONS /case' }),
    ],
    'a body behind which the client closes': [
      post(['Connection: close', 'Content-Length: 5'], 'hello'),
      wireOfLength('hello'),
      { ends: true },
    ],
    'a request behind a body of any bytes': [
      post(['Content-Length: 9'], '\0\r\n\xff\r\n\r\n0'),
      wire({ line: 'POST /case', framing: ['Content-Length: 9'], body: '\0\r\n\xff\r\n\r\n0' }),
    ],
  }),
];

export const bodyRequests: readonly RequestCase[] = [
  ...sizes,
  ...extensions,
  ...trailerFields,
  ...forwarded,
  ...expectations,
  ...bodies,
];

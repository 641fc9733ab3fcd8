import { cut, invalid, ok, passedOn, told, toldInChunks, toldOfLength, type ResponseCase } from './response-case.ts';

const inChunks = (body: string) => ok(['Transfer-Encoding: chunked'], body);
/** Chunks that hold "ab", then these. */
const afterChunk = (rest: string) => inChunks(`2\r\nab\r\n${rest}`);
const smuggled = ok(['Content-Length: 8'], 'smuggled');
const end = '0\r\n\r\n';

const brokenChunks = cut({
  'a size of 9 digits': afterChunk(`000000002\r\nab\r\n${end}`),
  'a size with 0x': afterChunk(`0x2\r\nab\r\n${end}`),
  'a negative size': afterChunk(`-2\r\nab\r\n${end}`),
  'a blank behind a size': afterChunk(`2 \r\nab\r\n${end}`),
  'an empty size': afterChunk(`\r\nab\r\n${end}`),
  'a bare LF behind a size': afterChunk(`2\nab\r\n${end}`),
  'a chunk that ends with a bare LF': afterChunk(`2\r\nab\n${end}`),
  'a chunk longer than its size': afterChunk(`1\r\nab\r\n${end}`),
  'a chunk shorter than its size': afterChunk(`3\r\nab\r\n${end}`),
  'extensions of 257 bytes': afterChunk(`2;${'x'.repeat(257)}\r\nab\r\n${end}`),
  'a bare LF in an extension': afterChunk(`2;x\nab\r\n${end}`),
  'a last chunk with a bare LF': afterChunk('0\n\n'),
  'an answer in place of the last empty line': afterChunk(`0\r\n${smuggled}`),
  'an answer in place of a size': afterChunk(smuggled),
  'a length among the trailers': afterChunk('0\r\nContent-Length: 5\r\n\r\n'),
  'a coding among the trailers': afterChunk('0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  'a folded trailer': afterChunk('0\r\nX: y\r\n z\r\n\r\n'),
  'trailers of 17 kB': afterChunk(`0\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`),
});

const truncated = [
  ...cut(
    {
      'a body shorter than its length': ok(['Content-Length: 3'], 'ab'),
      'chunks without the last one': afterChunk(''),
      'a chunk that is not whole': afterChunk('5\r\nabc'),
      'a last chunk without its empty line': afterChunk('0\r\n'),
      'trailers without their empty line': afterChunk('0\r\nX: y\r\n'),
    },
    { after: 'closes' },
  ),
  ...cut(
    {
      'a body with a length that is reset': ok(['Content-Length: 3'], 'ab'),
      'chunks that are reset': afterChunk(''),
      'a body up to the close that is reset': ok([], 'ab'),
    },
    { after: 'resets' },
  ),
  ...cut(
    { 'a body shorter than its length in HTTP/1.0': ok(['Content-Length: 3'], 'ab') },
    { after: 'closes', version: '1.0' },
  ),
  ...cut({ 'chunks without the last one in HTTP/1.0': afterChunk('') }, { after: 'closes', version: '1.0' }),
  ...invalid(
    {
      nothing: '',
      'half a status line': 'HTTP/1.1 2',
      'half a head': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n',
      'an interim answer and nothing more': 'HTTP/1.1 100 Continue\r\n\r\n',
    },
    { after: 'closes', told: { code: 'upstream_reset' } },
  ),
];

/** The request is answered; what is too much is not, and nobody is given that connection any more. */
const tooLong = passedOn({
  'a body longer than its length': [ok(['Content-Length: 2'], 'abc'), toldOfLength('ab'), { reused: false }],
  'an answer behind an answer': [ok(['Content-Length: 2'], `ab${smuggled}`), toldOfLength('ab'), { reused: false }],
  'an answer behind an empty one': [ok(['Content-Length: 0'], smuggled), toldOfLength(''), { reused: false }],
  'an answer behind the last chunk': [inChunks(`2\r\nab\r\n${end}${smuggled}`), toldInChunks('ab'), { reused: false }],
  'a CRLF behind the last chunk': [inChunks(`2\r\nab\r\n${end}\r\n`), toldInChunks('ab'), { reused: false }],
  '204 with a body': [
    'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nab',
    told({ line: 'HTTP/1.1 204 No Content' }),
    { reused: false },
  ],
  '204 with chunks': [
    `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n${end}`,
    told({ line: 'HTTP/1.1 204 No Content' }),
    { reused: false },
  ],
  '304 with a body': [
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nab',
    told({ line: 'HTTP/1.1 304 Not Modified', framing: ['Content-Length: 2'] }),
    { reused: false },
  ],
  'a body to a HEAD': [
    ok(['Content-Length: 2'], 'ab'),
    told({ framing: ['Content-Length: 2'] }),
    { method: 'HEAD', reused: false },
  ],
  'chunks to a HEAD': [
    inChunks(`2\r\nab\r\n${end}`),
    told({ framing: ['Transfer-Encoding: chunked'] }),
    { method: 'HEAD', reused: false },
  ],
  'an answer as the body to a HEAD': [
    ok([`Content-Length: ${smuggled.length}`], smuggled),
    told({ framing: [`Content-Length: ${smuggled.length}`] }),
    { method: 'HEAD', reused: false },
  ],
  'no length on a connection that stays': [
    ok([], `ab${smuggled}`),
    toldInChunks(`ab${smuggled}`),
    { after: 'closes', reused: false },
  ],
  'keep-alive without a length': [
    ok(['Connection: keep-alive'], 'ab'),
    toldInChunks('ab'),
    { after: 'closes', reused: false },
  ],
});

export const bodiedAnswers: readonly ResponseCase[] = [...brokenChunks, ...truncated, ...tooLong];

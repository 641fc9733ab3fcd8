/** A reader of HTTP/1.1 messages that shares no code with the gateway: what it cannot read exactly is an error. */

export interface ReadHead {
  readonly startLine: string;
  /** In the order of their arrival, as spelled. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The value of the only field of this name, regardless of case; undefined where there is none. */
  field(name: string): string | undefined;
  /** All values of this name, regardless of case. */
  all(name: string): string[];
}

export interface ReadMessage extends ReadHead {
  readonly body: Buffer;
  /** The sizes of its chunks, null for a body that is not chunked. */
  readonly chunks: readonly number[] | null;
  /** Bytes of the whole message; -1 for one that ends with its connection. */
  readonly length: number;
}

export interface ReadRequest extends ReadMessage {
  readonly method: string;
  readonly target: string;
}

export interface ReadResponse extends ReadMessage {
  readonly status: number;
  readonly reason: string;
  /** The body's text. */
  readonly text: string;
}

/** The head at the beginning of `bytes` and its length with the empty line, or null where it is not whole. */
export function readHead(bytes: Buffer): { head: ReadHead; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const fields = lines.map((line) => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (match === null) throw new Error(`not a field: ${JSON.stringify(line)}`);
    return [match[1] ?? '', match[2] ?? ''] as const;
  });
  const all = (name: string) =>
    fields.flatMap(([own, value]) => (own.toLowerCase() === name.toLowerCase() ? [value] : []));
  const field = (name: string) => {
    const values = all(name);
    if (values.length > 1) throw new Error(`${name} is there ${values.length} times`);
    return values[0];
  };
  return { head: { startLine, fields, field, all }, length: end + 4 };
}

/** The request at the beginning of `bytes`, or null where it is not whole. */
export function readRequest(bytes: Buffer): ReadRequest | null {
  const found = readHead(bytes);
  if (found === null) return null;
  const match = /^(\S+) (\S+) HTTP\/1\.1$/.exec(found.head.startLine);
  if (match === null) throw new Error(`not a request line: ${found.head.startLine}`);
  const body = readBody(bytes, found, false);
  return body === null ? null : { ...found.head, ...body, method: match[1] ?? '', target: match[2] ?? '' };
}

/** The response at the beginning of `bytes`, or null where it is not whole. `ended`: nothing more will come. */
export function readResponse(bytes: Buffer, method: string, ended: boolean): ReadResponse | null {
  const found = readHead(bytes);
  if (found === null) return null;
  const match = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(found.head.startLine);
  if (match === null) throw new Error(`not a status line: ${found.head.startLine}`);
  const status = Number(match[1]);
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const empty = { body: Buffer.alloc(0), chunks: null, length: found.length };
  const unframed = found.head.field('content-length') === undefined && found.head.all('transfer-encoding').length === 0;
  const untilEnd = ended ? { body: bytes.subarray(found.length), chunks: null, length: -1 } : null;
  const body = bodiless ? empty : unframed ? untilEnd : readBody(bytes, found, true);
  return body === null
    ? null
    : { ...found.head, ...body, status, reason: match[2] ?? '', text: body.body.toString('utf8') };
}

type ReadBody = Pick<ReadMessage, 'body' | 'chunks' | 'length'>;

function readBody(bytes: Buffer, { head, length: start }: { head: ReadHead; length: number }, asked: boolean) {
  const stated = head.field('content-length');
  const coding = head.field('transfer-encoding');
  if (stated !== undefined && coding !== undefined) throw new Error('both Content-Length and Transfer-Encoding');
  if (coding !== undefined) {
    if (coding !== 'chunked') throw new Error(`Transfer-Encoding: ${coding}`);
    return readChunks(bytes, start);
  }
  if (stated === undefined && asked) throw new Error('no framing');
  if (stated !== undefined && !/^\d+$/.test(stated)) throw new Error(`Content-Length: ${stated}`);
  const end = start + Number(stated ?? 0);
  return end > bytes.length ? null : { body: bytes.subarray(start, end), chunks: null, length: end };
}

/** Chunks without extensions and trailers: the gateway writes neither. */
function readChunks(bytes: Buffer, start: number): ReadBody | null {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]{1,8}$/.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    const end = lineEnd + 2 + size;
    if (end + 2 > bytes.length) return null;
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') throw new Error('a chunk does not end with CRLF');
    if (size === 0) {
      return { body: Buffer.concat(parts), chunks: parts.map((part) => part.length), length: end + 2 };
    }
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

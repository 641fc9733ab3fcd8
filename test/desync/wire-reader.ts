/**
 * Reads what a gateway wrote, byte by byte and strictly: an error wherever two readers could come to two conclusions. It
 * shares no code with the gateway, and is narrower than RFC 9112 on purpose, as the gateway's own writing has to be.
 */

/** One message, read to its last byte. Text is one character a byte. */
export interface WireMessage {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The head with its empty line. */
  readonly head: string;
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  /** The content, out of its framing. */
  readonly body: string;
  /** Where the message ends in the bytes. */
  readonly end: number;
}

type WireHead = Omit<WireMessage, 'framing' | 'body'>;

const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} (\/[!-~]*|\*) HTTP\/1\.1$/;
const statusLine = /^HTTP\/1\.1 [1-5]\d\d [\t -~\x80-\xff]*$/;
const fieldLine =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*$/;
/** Fields of one connection, which the gateway says nothing of to a target. */
const hopByHop = /^(connection|keep[-_]alive|te|trailer|upgrade|expect|http2[-_]settings|proxy[-_].*)$/i;

/** The request at `start`, or null where its end has not come yet. Throws where it is not what a gateway may write. */
export function readRequestAt(bytes: Buffer, start: number): WireMessage | null {
  const head = readHeadAt(bytes, start, requestLine);
  if (head === null) return null;
  const fault = (what: string) => new Error(`${what}: ${JSON.stringify(head.head)}`);
  if (valuesOf(head, 'host').length !== 1) throw fault('not one Host');
  if (head.fields.some(([name]) => hopByHop.test(name))) throw fault('a field of one connection');
  const [, target = ''] = head.startLine.split(' ');
  const [path = ''] = target.split('?');
  // A fragment is of no target, and these mean one thing to some servers and another to others.
  if (/#|\\|\/\/|\/\.\.?(;|\/|$)|%(?![0-9A-F]{2})|%(2F|5C|00)/.test(path)) throw fault('a path that is not normal');
  return readBodyAt(bytes, head, 'none');
}

/** The response to `method` at `start`, or null where its end has not come yet. `ended`: nothing more will come. */
export function readResponseAt(
  bytes: Buffer,
  start: number,
  { method, ended }: { method: string; ended: boolean },
): WireMessage | null {
  const head = readHeadAt(bytes, start, statusLine);
  if (head === null) return null;
  const status = statusOf(head);
  const fault = (what: string) => new Error(`${what}: ${JSON.stringify(head.head)}`);
  const isBare = status < 200 || status === 204;
  const stated = [...valuesOf(head, 'content-length'), ...valuesOf(head, 'transfer-encoding')];
  if (isBare && stated.length > 0) throw fault('a length where there can be no body');
  if (stated.length > 1) throw fault('two lengths');
  const connection = valuesOf(head, 'connection');
  if (connection.length > 1 || !['close', 'keep-alive', undefined].includes(connection[0])) throw fault('Connection');
  if (isBare || status === 304 || method === 'HEAD') return { ...head, framing: 'none', body: '' };
  if (stated.length > 0) return readBodyAt(bytes, head, 'none');
  if (connection[0] !== 'close') throw fault('no end');
  return ended ? { ...head, framing: 'close', body: bytes.toString('latin1', head.end), end: bytes.length } : null;
}

export function statusOf({ startLine }: Pick<WireMessage, 'startLine'>): number {
  return Number(startLine.slice(9, 12));
}

/** The values of all fields of this name in lower case. */
export function valuesOf({ fields }: Pick<WireMessage, 'fields'>, lowerName: string): string[] {
  return fields.flatMap(([name, value]) => (name.toLowerCase() === lowerName ? [value] : []));
}

function readHeadAt(bytes: Buffer, start: number, startLinePattern: RegExp): WireHead | null {
  const emptyLine = bytes.indexOf('\r\n\r\n', start);
  if (emptyLine < 0) return null;
  const end = emptyLine + 4;
  const head = bytes.toString('latin1', start, end);
  const [startLine = '', ...lines] = head.slice(0, -4).split('\r\n');
  if (!startLinePattern.test(startLine)) throw new Error(`not a start line: ${JSON.stringify(startLine)}`);
  const fields = lines.map((line) => {
    const match = fieldLine.exec(line);
    if (match === null) throw new Error(`not a field: ${JSON.stringify(line)}`);
    return [match[1] ?? '', match[2] ?? ''] as const;
  });
  return { startLine, fields, head, end };
}

function readBodyAt(bytes: Buffer, head: WireHead, otherwise: 'none'): WireMessage | null {
  const lengths = valuesOf(head, 'content-length');
  const codings = valuesOf(head, 'transfer-encoding');
  if (lengths.length + codings.length > 1) throw new Error(`two lengths: ${JSON.stringify(head.head)}`);
  const [length] = lengths;
  if (codings[0] !== undefined) {
    if (codings[0] !== 'chunked') throw new Error(`Transfer-Encoding: ${JSON.stringify(codings[0])}`);
    return readChunksAt(bytes, head);
  }
  if (length === undefined) return { ...head, framing: otherwise, body: '' };
  if (!/^(0|[1-9]\d{0,15})$/.test(length)) throw new Error(`Content-Length: ${JSON.stringify(length)}`);
  const end = head.end + Number(length);
  if (end > bytes.length) return null;
  return { ...head, framing: 'length', body: bytes.toString('latin1', head.end, end), end };
}

/** Without extensions, trailers and needless zeros: the gateway writes none of them. */
function readChunksAt(bytes: Buffer, head: WireHead): WireMessage | null {
  let body = '';
  let at = head.end;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^(0|[1-9a-f][0-9a-f]{0,7})$/.test(line)) throw new Error(`not the size of a chunk: ${JSON.stringify(line)}`);
    const start = lineEnd + 2;
    const size = Number.parseInt(line, 16);
    const end = start + size + 2;
    if (end > bytes.length) return null;
    if (bytes.toString('latin1', end - 2, end) !== '\r\n') throw new Error('a chunk does not end with CRLF');
    body += bytes.toString('latin1', start, end - 2);
    at = end;
    if (size === 0) return { ...head, framing: 'chunked', body, end };
  }
}

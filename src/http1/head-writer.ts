import type { FieldRole } from '../core/field-names.ts';
import type { MessageHead } from '../core/message-head.ts';

/** A set of roles, one bit each. */
export function rolesOf(...roles: readonly FieldRole[]): number {
  return roles.reduce((set: number, role) => set | (1 << role), 0);
}

/**
 * The fields of a head that travel end to end, as they came, each with its line end. Left out is what belongs to one
 * connection (RFC 9110, 7.6.1), whatever `Connection` names, and every field whose role is not in `passing`, a set of
 * roles as `rolesOf` makes it.
 *
 * Neighbours are copied in one piece: the usual head is two or three.
 */
export function endToEndFields(head: MessageHead, passing: number): string {
  return copyRuns(head, passing, -1);
}

/** The start line as it came, and the end-to-end fields after it. */
export function startLineAndFields(head: MessageHead, passing: number): string {
  return copyRuns(head, passing, head.startLineStart);
}

/** `from` is where the first piece begins, up to the end of the start line; -1 for none. */
function copyRuns(head: MessageHead, passing: number, from: number): string {
  const { text, roles, starts, ends, fieldCount } = head;
  const named = head.connectionNames !== null;
  let fields = '';
  let runStart = from;
  let runEnd = from < 0 ? -1 : head.startLineEnd;
  for (let at = 0; at < fieldCount; at++) {
    const passes = ((passing >>> (roles[at] ?? 0)) & 1) === 1;
    if (!passes || (named && isNamedByConnection(head, at))) continue;
    const start = starts[at] ?? 0;
    if (start !== runEnd) {
      if (runEnd >= 0) fields += text.slice(runStart, runEnd);
      runStart = start;
    }
    runEnd = (ends[at] ?? 0) + 2;
  }
  return runEnd >= 0 ? fields + text.slice(runStart, runEnd) : fields;
}

function isNamedByConnection(head: MessageHead, index: number): boolean {
  return head.connectionNames?.includes(head.nameAt(index).toLowerCase()) ?? false;
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** The status line for an answer of the gateway's own (RFC 9112, 4); an unknown status has an empty reason. */
export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n`;
}

/** Lines that were made last, by the lowest bits of the length: answers of one kind are often as long as each other. */
const lastLengths = new Float64Array(256).fill(-1);
const lastLines: string[] = Array.from({ length: lastLengths.length }, () => '');

/** `Content-Length` of a body of `length` bytes, with its line end (RFC 9110, 8.6). */
export function lengthLine(length: number): string {
  const place = length & (lastLengths.length - 1);
  if (lastLengths[place] !== length) {
    lastLengths[place] = length;
    // In one piece, which is sooner written.
    lastLines[place] = Buffer.from(`Content-Length: ${length}\r\n`, 'latin1').toString('latin1');
  }
  return lastLines[place] ?? '';
}

/** The line before a chunk of `size` bytes (RFC 9112, 7.1). */
export function chunkLine(size: number): string {
  return `${size.toString(16)}\r\n`;
}

export const lastChunk = '0\r\n\r\n';

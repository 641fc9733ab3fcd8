import type { ErrorCode } from '../core/error-codes.ts';
import { CountValue, EditedLine, TextValue } from './edited-line.ts';

/** A request at its end, as the access log reads it. */
export interface LoggedRequest {
  /** As it came, one character a byte. */
  readonly head: { readonly method: string; readonly path: string };
  /** The normalised path, one character a byte, or empty; without the query, which may hold secrets. */
  readonly path: string;
  readonly clientIp: string;
  /** Whose API key it came with. The key goes by its name; its secret is never told. */
  readonly consumer: { readonly name: string } | null;
  /** Of an internal one, no target is told. */
  readonly route: { readonly name: string; readonly internal: boolean } | null;
  readonly forward: { readonly target: { readonly url: string } | null; readonly retries: number };
  readonly errorCode: ErrorCode | null;
  /** What a policy in shadow mode would have refused the request with; mostly nothing, and left out then. */
  readonly shadowRefusal: ErrorCode | null;
  readonly requestId: string;
  readonly requestBody: { readonly received: number };
  readonly response: { readonly bodyBytes: number };
}

/** What stands before each value, in the order of the line. */
const gaps = {
  second: '{"timestamp":"',
  millisecond: '.',
  method: 'Z","method":"',
  path: '","path":"',
  clientIp: '","client_ip":"',
  apiKey: '","api_key":"',
  status: '","status_code":',
  duration: ',"response_time_ms":"',
  backend: '","backend":"',
  error: '","error":"',
  requestId: '","request_id":"',
  route: '","route":"',
  bytesIn: '","bytes_in":',
  bytesOut: ',"bytes_out":',
  retries: ',"retries":',
} as const;
const lineEnd = '}\n';
const millisecondDigits = 3;
const emptyLine = Object.values(gaps).join('').replace('.', '.000') + lineEnd;

/**
 * The lines of requests, one after the other: one JSON object and a line end each. A path that is UTF-8 is logged as the
 * text that it is; in any other, each byte above 127 stands as the character of that number. Nothing in a line can steer
 * a terminal that shows it.
 *
 * Each line is made from the one before: most values are the same again, and most of the others are as long.
 */
export class AccessLine {
  readonly #line = new EditedLine(emptyLine);
  #seconds = Number.NaN;
  readonly #second = new TextValue();
  readonly #method = new TextValue();
  readonly #path = new TextValue();
  readonly #clientIp = new TextValue();
  readonly #apiKey = new TextValue();
  readonly #status = new CountValue();
  #durationLength = 0;
  readonly #backend = new TextValue();
  readonly #error = new TextValue();
  #requestIdLength = 0;
  readonly #route = new TextValue();
  readonly #bytesIn = new CountValue();
  readonly #bytesOut = new CountValue();
  readonly #retries = new CountValue();
  #shadow = '';
  #lineEndLength = lineEnd.length;

  /** The line is in the first `length` bytes of it, until the next one is written. */
  get memory(): Buffer {
    return this.#line.memory;
  }

  get length(): number {
    return this.#line.length;
  }

  /** Writes the line of `request`, which arrived at `wallTimeMs`, Unix time. */
  write(request: LoggedRequest, status: number, durationMs: number, wallTimeMs: number): void {
    const line = this.#line;
    let at = this.#beginLine(wallTimeMs);
    at = line.text(this.#method, request.head.method, at + gaps.method.length);
    at = line.bytes(this.#path, pathOf(request), at + gaps.path.length);
    at = line.text(this.#clientIp, request.clientIp, at + gaps.clientIp.length);
    at = line.text(this.#apiKey, apiKeyOf(request), at + gaps.apiKey.length);
    at = line.count(this.#status, status, at + gaps.status.length) + gaps.duration.length;
    const durationEnd = line.decimal(this.#durationLength, durationMs, at);
    this.#durationLength = durationEnd - at;
    at = line.text(this.#backend, backendOf(request), durationEnd + gaps.backend.length);
    at = line.text(this.#error, request.errorCode ?? '', at + gaps.error.length) + gaps.requestId.length;
    const requestIdEnd = line.newText(this.#requestIdLength, request.requestId, at);
    this.#requestIdLength = requestIdEnd - at;
    at = line.text(this.#route, routeOf(request), requestIdEnd + gaps.route.length);
    at = line.count(this.#bytesIn, request.requestBody.received, at + gaps.bytesIn.length);
    at = line.count(this.#bytesOut, request.response.bodyBytes, at + gaps.bytesOut.length);
    at = line.count(this.#retries, request.forward.retries, at + gaps.retries.length);
    const shadow = request.shadowRefusal ?? '';
    if (shadow !== this.#shadow) this.#endLine(shadow, at);
  }

  /** Writes the time: RFC 3339, UTC, with milliseconds. Returns where it ends. */
  #beginLine(wallTimeMs: number): number {
    const line = this.#line;
    const seconds = Math.floor(wallTimeMs / 1000);
    let { text } = this.#second;
    // Throws for what is no time, and nothing has been written by then.
    if (seconds !== this.#seconds) text = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
    this.#seconds = seconds;
    const at = line.text(this.#second, text, gaps.second.length) + gaps.millisecond.length;
    line.digits(wallTimeMs - seconds * 1000, at, at + millisecondDigits);
    return at + millisecondDigits;
  }

  #endLine(shadow: string, at: number): void {
    const text = shadow === '' ? lineEnd : `,"shadow":"${shadow}"${lineEnd}`;
    this.#lineEndLength = this.#line.raw(this.#lineEndLength, text, at) - at;
    this.#shadow = shadow;
  }
}

/** As it came, where there is none that is normalised. */
function pathOf({ path, head }: LoggedRequest): string {
  return path === '' ? head.path : path;
}

function apiKeyOf({ consumer }: LoggedRequest): string {
  return consumer === null ? '' : consumer.name;
}

function backendOf({ route, forward }: LoggedRequest): string {
  return forward.target === null || route?.internal === true ? '' : forward.target.url;
}

function routeOf({ route }: LoggedRequest): string {
  return route === null ? '' : route.name;
}

import { isUtf8 } from 'node:buffer';

/** What the access log says of one request. */
export interface AccessRecord {
  /** Unix time in milliseconds, at which the request arrived. */
  readonly wallTimeMs: number;
  readonly method: string;
  /** As it came, one character a byte; without the query, which may hold secrets. */
  readonly path: string;
  readonly clientIp: string;
  /** The name of the API key, never its secret; empty where there is none. */
  readonly apiKey: string;
  readonly status: number;
  readonly durationMs: number;
  /** The address of the target, empty where none was chosen. */
  readonly backend: string;
  /** An error code, or empty. */
  readonly error: string;
  readonly requestId: string;
  /** The name of the route, or empty. */
  readonly route: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
  /** The error code that a policy in shadow mode would have refused the request with; mostly empty, and left out then. */
  readonly shadow: string;
}

/**
 * One JSON object and a line end. A path that is UTF-8 is logged as the text that it is; in any other, each byte above
 * 127 stands as the character of that number. Nothing in a line can steer a terminal that shows it.
 */
export function accessLine(record: AccessRecord): string {
  const { path } = record;
  return (
    timestampPart(record.wallTimeMs) +
    methodPart.for(record.method, '') +
    (isPlain(path) ? path : escapeText(decodeBytes(path))) +
    clientPart.for(record.clientIp, record.apiKey) +
    statusPart(record.status) +
    twoDecimals(record.durationMs) +
    targetPart.for(record.backend, record.error) +
    escapeText(record.requestId) +
    routePart.for(record.route, '') +
    sizesPart(record)
  );
}

/** A part of the line that is the same for one request after the other, and is put together when it changes. */
class SteadyPart {
  private first = '';
  private second = '';
  private text: string;
  private readonly write: (first: string, second: string) => string;

  constructor(write: (first: string, second: string) => string) {
    this.write = write;
    this.text = write('', '');
  }

  for(first: string, second: string): string {
    if (first !== this.first || second !== this.second) {
      this.text = this.write(escapeText(first), escapeText(second));
      this.first = first;
      this.second = second;
    }
    return this.text;
  }
}

const methodPart = new SteadyPart((method) => `","method":"${method}","path":"`);
const clientPart = new SteadyPart(
  (clientIp, apiKey) => `","client_ip":"${clientIp}","api_key":"${apiKey}","status_code":`,
);
const targetPart = new SteadyPart((backend, error) => `","backend":"${backend}","error":"${error}","request_id":"`);
const routePart = new SteadyPart((route) => `","route":"${route}","bytes_in":`);

const statusParts: string[] = [];

function statusPart(status: number): string {
  return (statusParts[status] ??= `${status},"response_time_ms":"`);
}

let sizes: Pick<AccessRecord, 'bytesIn' | 'bytesOut' | 'retries'> = { bytesIn: -1, bytesOut: -1, retries: -1 };
let sizesText = '';

/** The last part, with what is mostly not there at its end. */
function sizesPart(record: AccessRecord): string {
  const { bytesIn, bytesOut, retries } = record;
  if (bytesIn !== sizes.bytesIn || bytesOut !== sizes.bytesOut || retries !== sizes.retries) {
    sizes = { bytesIn, bytesOut, retries };
    sizesText = `${bytesIn},"bytes_out":${bytesOut},"retries":${retries}}\n`;
  }
  return record.shadow === '' ? sizesText : `${sizesText.slice(0, -'}\n'.length)},"shadow":"${record.shadow}"}\n`;
}

let cachedSecond = Number.NaN;
let cachedSecondText = '';
const millisecondTexts = Array.from({ length: 1000 }, (_, count) => `${String(count).padStart(3, '0')}Z`);

/** The beginning of a line, up to its time: RFC 3339, UTC, with milliseconds. */
function timestampPart(wallTimeMs: number): string {
  const second = Math.floor(wallTimeMs / 1000);
  if (second !== cachedSecond) {
    cachedSecondText = `{"timestamp":"${new Date(second * 1000).toISOString().slice(0, -'000Z'.length)}`;
    cachedSecond = second;
  }
  return cachedSecondText + millisecondTexts[Math.floor(wallTimeMs - second * 1000)];
}

const hundredthTexts = Array.from({ length: 100 }, (_, count) => `.${String(count).padStart(2, '0')}`);

/** In half the time that `toFixed` takes. */
function twoDecimals(value: number): string {
  const hundredths = Math.round(value * 100);
  if (!(hundredths > 0)) return '0.00';
  const whole = Math.floor(hundredths / 100);
  return `${whole}${hundredthTexts[hundredths - whole * 100]}`;
}

const quote = 0x22;
const backslash = 0x5c;
const lastPlain = 0x7e;

/** Whether text can stand in a JSON string as it is. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > lastPlain || code === quote || code === backslash) return false;
  }
  return true;
}

/** Text whose characters are bytes, as UTF-8 where it is that. */
function decodeBytes(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : text;
}

/** Text as it can stand in a JSON string (RFC 8259, section 7), in valid UTF-8. */
function escapeText(text: string): string {
  if (isPlain(text)) return text;
  let escaped = '';
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0;
    if (code > 0xffff) {
      at += 1;
    } else if (code === quote || code === backslash) {
      escaped += `${text.slice(copied, at)}\\`;
      copied = at;
    } else if (isHidden(code)) {
      escaped += `${text.slice(copied, at)}\\u${code.toString(16).padStart(4, '0')}`;
      copied = at + 1;
    }
  }
  return escaped + text.slice(copied);
}

/** Control characters, those that change the direction or the joining of text, line separators, and lone surrogates. */
function isHidden(code: number): boolean {
  if (code < 0x20 || (code > lastPlain && code < 0xa0) || code === 0xad || code === 0x61c || code === 0xfeff)
    return true;
  if (code >= 0x200b && code <= 0x206f) return code <= 0x200f || code >= 0x2060 || (code >= 0x2028 && code <= 0x202e);
  return code >= 0xd800 && code <= 0xdfff;
}

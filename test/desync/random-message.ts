import {
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  string,
  uint8Array,
  type Arbitrary,
} from 'fast-check';

/** A field as it is written: its name, the blanks around its value, and the value. */
export interface RandomField {
  readonly name: string;
  readonly before: string;
  readonly value: string;
  readonly after: string;
}

export interface RandomBody {
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  /** The chunks, or what is joined where there are none. */
  readonly parts: readonly Uint8Array[];
  /** Written behind the size of every chunk. */
  readonly extensions: string;
  /** Whole lines. */
  readonly trailers: string;
  readonly upperCase: boolean;
}

const token = "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
const characters = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index));
const visible = [...characters(0x21, 0x7e), ...characters(0x80, 0xff)];
const textOf = (units: readonly string[], minLength: number, maxLength: number) =>
  string({ unit: constantFrom(...units), minLength, maxLength });

/** Names that mean nothing to a gateway, some of them close to those that do. */
const name = oneof(
  textOf(token.split(''), 0, 20).map((rest) => `Z${rest}`),
  constantFrom('Accept', 'cookie', 'Content-Type', 'Content-Lengths', 'X-Content-Length', 'Content-Encoding', 'Hosts'),
  constantFrom('Authorization', 'Set-Cookie', 'X-API-Key', 'Via', 'Range', 'X-Forwarded', 'Location', 'ETag', 'Vary'),
);
const value = oneof(
  constant(''),
  textOf(visible, 1, 30),
  textOf([...visible, ' ', '\t'], 0, 60).map((text) => text.replaceAll(/^[ \t]+|[ \t]+$/g, '')),
);
const blanks = textOf([' ', '\t'], 0, 3);

export const fields: Arbitrary<RandomField[]> = array(record({ name, before: blanks, value, after: blanks }), {
  maxLength: 12,
});

const part = oneof(
  { weight: 8, arbitrary: uint8Array({ minLength: 1, maxLength: 60 }) },
  {
    weight: 3,
    arbitrary: constantFrom('0\r\n\r\n', '\r\n', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n').map(
      (text) => Buffer.from(text),
    ),
  },
  { weight: 1, arbitrary: integer({ min: 1_000, max: 90_000 }).map((size) => new Uint8Array(size).fill(size & 0xff)) },
);

export function bodyOf(...framings: readonly RandomBody['framing'][]): Arbitrary<RandomBody> {
  return record({
    framing: constantFrom(...framings),
    parts: array(part, { maxLength: 6 }),
    extensions: constantFrom('', ';a', ';a=b', ';a="b;\\"c\t"', ';x;y=z'),
    trailers: constantFrom('', 'X-T: u\r\n', 'X-T: u\r\nZ:\r\n'),
    upperCase: boolean(),
  });
}

/** Positions to cut at, of any text. */
export const cuts = array(integer({ min: 1, max: 3_000 }), { maxLength: 12 });

export const method = oneof(
  constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'),
  textOf(token.split(''), 1, 31).map((rest) => `Z${rest}`),
);

const segment = oneof(
  textOf('abcXYZ019-._~!$&\'()*+,;=:@"<>[]^`{|}'.split(''), 1, 12),
  constantFrom('%20', '%3F', '%25', '%E4%BD%A0', '%F0%9F%98%80', '%0D%0A', '%252e'),
);

/** Paths in their one form, so that they arrive as they were sent. */
export const path = array(segment, { maxLength: 6 })
  .map((segments) => `/${segments.join('/')}`)
  .filter((text) => !/\/\.\.?(;|%3B|\/|$)/.test(text));

export const query = oneof(
  constant(''),
  textOf(characters(0x21, 0x7e), 0, 40).map((text) => `?${text.replaceAll('#', '')}`),
);

export function fieldLines(list: readonly RandomField[]): string {
  return list.map((it) => `${it.name}:${it.before}${it.value}${it.after}\r\n`).join('');
}

export function contentOf({ parts }: RandomBody): string {
  return Buffer.concat(parts).toString('latin1');
}

/** The line that says how long a body is, and the body in that framing. */
export function framed(body: RandomBody): { line: string; bytes: string } {
  const content = contentOf(body);
  if (body.framing === 'length') return { line: `Content-Length: ${content.length}\r\n`, bytes: content };
  if (body.framing !== 'chunked') return { line: '', bytes: body.framing === 'none' ? '' : content };
  const sizeOf = (bytes: Uint8Array) => bytes.length.toString(16);
  const chunks = body.parts.map((bytes) => {
    const size = body.upperCase ? sizeOf(bytes).toUpperCase() : sizeOf(bytes).padStart(5, '0');
    return `${size}${body.extensions}\r\n${Buffer.from(bytes).toString('latin1')}\r\n`;
  });
  return {
    line: 'Transfer-Encoding: chunked\r\n',
    bytes: `${chunks.join('')}0${body.extensions}\r\n${body.trailers}\r\n`,
  };
}

/** The pieces of a text between some of the cuts. */
export function piecesOf(text: string, positions: readonly number[]): string[] {
  const inside = [...new Set(positions)].filter((at) => at < text.length).toSorted((a, b) => a - b);
  return [...inside, text.length].map((end, index) => text.slice(inside[index - 1] ?? 0, end));
}

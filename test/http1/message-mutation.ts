/** A xorshift generator: the same seed gives the same numbers. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (seed | 0) === 0 ? 1 : seed | 0;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % bound;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

/** What parsers are known to disagree about. */
const snippets = [
  '\r',
  '\n',
  '\r\n',
  '\n\r',
  '\r\n\r\n',
  '\r\r\n',
  ' ',
  '	',
  '\0',
  '\v',
  '\f',
  '',
  '',
  '\xA0',
  'ÿ',
  '',
  ':',
  ' :',
  ': ',
  ';',
  ',',
  '=',
  '"',
  '\\',
  '/',
  '?',
  '#',
  '*',
  '@',
  '%',
  '_',
  '-',
  '+',
  '0',
  '1',
  '5',
  'a',
  'F',
  'x',
  '0x',
  '00',
  '\r\n ',
  '\r\n	',
  '\r\nA: b',
  '\r\n: b',
  '\r\nHost: b',
  '\r\nHost:',
  '\r\n\r\nGET /s HTTP/1.1\r\nHost: s\r\n\r\n',
  '\r\nContent-Length: 5',
  '\r\nContent-Length: 0',
  '\r\nContent-Length: +5',
  '\r\nContent-Length: 5, 5',
  '\r\nContent-Length:',
  '\r\nTransfer-Encoding: chunked',
  '\r\nTransfer-Encoding: gzip, chunked',
  '\r\nTransfer-Encoding: identity',
  ', chunked',
  '\r\nTransfer-Encoding : chunked',
  '\r\nTransfer_Encoding: chunked',
  '\r\nTransfer-Encoding:\vchunked',
  'chunked',
  'identity',
  '\r\nConnection: close',
  '\r\nConnection: keep-alive',
  '\r\nConnection: upgrade\r\nUpgrade: x',
  '\r\nExpect: 100-continue',
  'HTTP/1.0',
  'HTTP/1.1',
  'HTTP/2.0',
  'http/1.1',
  'HTTP/1.2',
  'http://h',
  'HTTPS://h:1/',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  '5;a=b',
  ';a="b\\"c"',
  ';a=',
  ';;',
  '0\r\nA: b\r\n\r\n',
  '00000005',
  '000000005',
  '100000000',
  'ffffffff',
  '9007199254740993',
];

/** `text`, one character a byte, with one to four small changes. */
export function mutate(random: Random, text: string, others: readonly string[]): string {
  let mutated = text;
  for (let changes = 1 + random.below(4); changes > 0; changes--) mutated = mutateOnce(random, mutated, others);
  return mutated;
}

function mutateOnce(random: Random, text: string, others: readonly string[]): string {
  const at = pickPosition(random, text);
  const end = Math.min(at + 1 + random.below(12), text.length);
  const head = text.slice(0, at);
  switch (random.below(8)) {
    case 0:
      return head + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 1:
      return head + text.slice(at + 1);
    case 2:
      return head + text.slice(end);
    case 3:
      return head + text.slice(at, end).repeat(2) + text.slice(end);
    case 4: {
      const other = random.pick(others);
      return head + other.slice(pickPosition(random, other));
    }
    case 5:
      return head + String.fromCharCode((text.charCodeAt(at) ^ (1 << random.below(8))) & 0xff) + text.slice(at + 1);
    case 6:
      return head + random.pick(snippets) + text.slice(end);
    default:
      return head + random.pick(snippets) + text.slice(at);
  }
}

/** Half of the time beside a delimiter, where meaning changes. */
function pickPosition(random: Random, text: string): number {
  const start = random.below(text.length + 1);
  if (random.below(2) === 0) return start;
  for (let at = start; at < text.length; at++) {
    if (' :\r\n;,/='.includes(text.charAt(at))) return at + random.below(2);
  }
  return start;
}

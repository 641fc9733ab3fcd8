import { isIP } from 'node:net';
import { parseCidr } from './cidr.ts';

/** One word of 32 bits for the family, four for the address as IPv6 has it. */
const words = 5;
const mappedIpv4 = 0xffff;

/**
 * A set of many IP ranges, in which looking an address up costs the logarithm of their number. An IPv4 address in IPv6
 * form (`::ffff:10.0.0.1`) counts as IPv4.
 *
 * Ranges are kept sorted and apart; IPv4 is a family of its own, so that `::/0` holds none of it.
 */
export class IpRanges {
  private readonly texts: readonly string[];
  private readonly count: number;
  /** First and last address of each range. */
  private readonly starts: Uint32Array;
  private readonly ends: Uint32Array;
  private readonly wanted = new Uint32Array(words);

  /** @throws CidrSyntaxError for the first text that is neither an address nor a range */
  constructor(texts: readonly string[]) {
    this.texts = texts;
    const merged = mergeRanges(texts.map(rangeOf));
    this.count = merged.length;
    this.starts = new Uint32Array(merged.flatMap(({ start }) => [...start]));
    this.ends = new Uint32Array(merged.flatMap(({ end }) => [...end]));
  }

  contains(ip: string): boolean {
    if (!readAddress(ip, this.wanted)) return false;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.starts, middle * words, this.wanted) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compare(this.ends, (low - 1) * words, this.wanted) >= 0;
  }

  /** The first text whose range holds the address; for people, since it looks at one after the other. */
  textFor(ip: string): string | undefined {
    return this.texts.find((text) => new IpRanges([text]).contains(ip));
  }
}

interface Range {
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

function rangeOf(text: string): Range {
  const { address, prefix, family } = parseCidr(text);
  const start = new Uint32Array(words);
  readAddress(address, start);
  const fixedBits = 32 + (family === 'ipv4' ? 96 + prefix : prefix);
  const end = start.slice();
  for (let word = 0; word < words; word += 1) {
    const fixed = Math.min(32, Math.max(0, fixedBits - 32 * word));
    const free = fixed === 32 ? 0 : 0xffff_ffff >>> fixed;
    start[word] = (start[word] ?? 0) & ~free;
    end[word] = (end[word] ?? 0) | free;
  }
  return { start, end };
}

function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((left, right) => compare(left.start, 0, right.start))) {
    const last = merged.at(-1);
    if (last === undefined || compare(last.end, 0, range.start) < 0) merged.push({ ...range, end: range.end.slice() });
    else if (compare(last.end, 0, range.end) < 0) last.end.set(range.end);
  }
  return merged;
}

function compare(addresses: Uint32Array, at: number, other: Uint32Array): number {
  for (let word = 0; word < words; word += 1) {
    const difference = (addresses[at + word] ?? 0) - (other[word] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Reads an address into words; false for what is none. A zone (`%eth0`) says nothing of the address. */
function readAddress(ip: string, into: Uint32Array): boolean {
  const version = isIP(ip);
  if (version === 4) {
    into.set([4, 0, 0, mappedIpv4, readIpv4(ip)]);
    return true;
  }
  if (version !== 6) return false;
  const zone = ip.indexOf('%');
  readIpv6(zone < 0 ? ip : ip.slice(0, zone), into);
  return true;
}

function readIpv4(ip: string): number {
  let value = 0;
  let part = 0;
  for (let at = 0; at < ip.length; at += 1) {
    const code = ip.charCodeAt(at);
    if (code === 46) {
      value = value * 256 + part;
      part = 0;
    } else {
      part = part * 10 + code - 48;
    }
  }
  return value * 256 + part;
}

function readIpv6(ip: string, into: Uint32Array): void {
  const gap = ip.indexOf('::');
  const before = groupsOf(gap < 0 ? ip : ip.slice(0, gap));
  const after = gap < 0 ? [] : groupsOf(ip.slice(gap + 2));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const groups = [...before, ...zeros, ...after];
  for (let word = 0; word < words - 1; word += 1) {
    into[word + 1] = (groups[2 * word] ?? 0) * 0x1_0000 + (groups[2 * word + 1] ?? 0);
  }
  // RFC 4291, 2.5.5.2
  into[0] = into[1] === 0 && into[2] === 0 && into[3] === mappedIpv4 ? 4 : 6;
}

/** Groups of 16 bits; an IPv4 address at the end is two of them. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const ipv4 = readIpv4(group);
    return [Math.floor(ipv4 / 0x1_0000), ipv4 % 0x1_0000];
  });
}

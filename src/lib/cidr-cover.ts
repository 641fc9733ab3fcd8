import { parseCidr, type Cidr } from './cidr.ts';

/**
 * Whether ranges together hold every address of a family.
 *
 * @throws CidrSyntaxError for the first text that is neither an address nor a range
 */
export function coversEverything(list: readonly string[], family: Cidr['family']): boolean {
  const longest = family === 'ipv4' ? 32n : 128n;
  const ranges = list
    .map(parseCidr)
    .filter((range) => range.family === family)
    .map((range) => boundsOf(range, longest))
    .toSorted((left, right) => (left.first < right.first ? -1 : 1));
  let next = 0n;
  for (const { first, end } of ranges) {
    if (first > next) return false;
    if (end > next) next = end;
  }
  return next === 1n << longest;
}

/** `end` is the number behind the last address. */
function boundsOf({ address, prefix, family }: Cidr, longest: bigint): { first: bigint; end: bigint } {
  const value = family === 'ipv4' ? readIpv4(address) : readIpv6(address);
  const hostBits = longest - BigInt(prefix);
  const first = (value >> hostBits) << hostBits;
  return { first, end: first + (1n << hostBits) };
}

function readIpv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** RFC 4291, 2.2. */
function readIpv6(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const front = readGroups(head);
  const back = readGroups(tail ?? '');
  const gap = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array.from({ length: gap }, () => 0n), ...back];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

function readGroups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const value = readIpv4(group);
    return [value >> 16n, value & 0xffffn];
  });
}

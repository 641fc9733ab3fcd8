import { BlockList, isIP } from 'node:net';

export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** A set of IP ranges. */
export interface CidrSet {
  /** Whether a range holds this address; an IPv4 address in IPv6 form (`::ffff:10.0.0.1`) counts as IPv4. */
  contains(ip: string): boolean;
}

/** Thrown for a text that is no IP address or range; the message names the text and what is expected in its place. */
export class CidrSyntaxError extends Error {
  override readonly name = 'CidrSyntaxError';
  /** The message without the text. */
  readonly problem: string;

  constructor(problem: string, text: string) {
    super(`${problem}, got "${text}"`);
    this.problem = problem;
  }
}

/**
 * Reads `10.0.0.0/8`, `fd00::/8`, or a single address (RFC 4632 section 3.1, RFC 4291 section 2.3). Bits set beyond
 * the prefix are ignored.
 *
 * @throws CidrSyntaxError
 */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const version = isIP(address);
  if (version === 0 || address.includes('%')) {
    throw new CidrSyntaxError('expected an IP address or a range such as 10.0.0.0/8 or fd00::/8', text);
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const longest = version === 4 ? 32 : 128;
  if (slash === -1) return { address, prefix: longest, family };
  const prefixText = text.slice(slash + 1);
  const prefix = Number(prefixText);
  if (!/^\d{1,3}$/.test(prefixText) || prefix > longest) {
    const kind = version === 4 ? 'IPv4' : 'IPv6';
    throw new CidrSyntaxError(`expected a prefix from /0 to /${longest} after an ${kind} address`, text);
  }
  return { address, prefix, family };
}

/** @throws CidrSyntaxError for the first entry that is neither an address nor a range */
export function createCidrSet(list: readonly string[]): CidrSet {
  const blocks = new BlockList();
  for (const text of list) {
    const { address, prefix, family } = parseCidr(text);
    blocks.addSubnet(address, prefix, family);
  }
  if (list.length === 0) return { contains: () => false };
  return { contains: (ip) => isIP(ip) !== 0 && blocks.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4') };
}

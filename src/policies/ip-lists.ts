import {
  definePolicy,
  type OptionKit,
  type Policy,
  type PolicyExchange,
  type PolicyExplanation,
  type Verdict,
} from '../core/policy.ts';
import { IpRanges } from '../lib/ip-ranges.ts';

const notes = [
  'The address is that of the client: behind proxies that `trusted_proxies` names, the one that the last of them has seen. A list in place of the mapping stands for `ranges` alone. `::/0` holds no IPv4 address, and `0.0.0.0/0` no IPv6 address.',
  'A look-up costs the logarithm of the number of ranges, so lists may be long.',
];

/** Serves clients of the named addresses only. */
export const ipAllow = definePolicy({
  name: 'ip_allow',
  summary: 'Lets only clients of the named addresses and ranges through.',
  options: (kit) => createOptions(kit, 'The addresses and ranges that are let through.'),
  refusals: ['ip_not_allowed'],
  notes,
  create: (options) => new IpPolicy(options, true),
});

/** Refuses clients of the named addresses. */
export const ipDeny = definePolicy({
  name: 'ip_deny',
  summary: 'Refuses clients of the named addresses and ranges.',
  options: (kit) => createOptions(kit, 'The addresses and ranges that are refused.'),
  refusals: ['ip_not_allowed'],
  notes,
  create: (options) => new IpPolicy(options, false),
});

export interface IpOptions {
  readonly ranges: readonly string[];
  readonly shadow: boolean;
}

/** A list alone is the usual form. */
function createOptions({ z, section, cidr, flag }: OptionKit, description: string) {
  const list = () =>
    z
      .array(cidr(), { error: 'expected a list of IP addresses and ranges such as [10.0.0.0/8]' })
      .min(1, { error: 'name at least one address or range such as 10.0.0.0/8' });
  const full = section({
    ranges: list().describe(description),
    shadow: flag().prefault(false).describe('Only try it out: count and log what it would refuse, refuse nothing.'),
  });
  const error = 'expected a list of IP addresses and ranges such as [10.0.0.0/8], or a mapping with ranges';
  return z.union([full, list()], { error }).transform((written): IpOptions => {
    return Array.isArray(written) ? { ranges: written, shadow: false } : written;
  });
}

class IpPolicy implements Policy {
  private readonly ranges: IpRanges;
  private readonly shadow: boolean;
  /** Whether those in the ranges are let through, or all others. */
  private readonly allows: boolean;

  constructor({ ranges, shadow }: IpOptions, allows: boolean) {
    this.ranges = new IpRanges(ranges);
    this.shadow = shadow;
    this.allows = allows;
  }

  onRequest(exchange: PolicyExchange): Verdict {
    if (this.ranges.contains(exchange.clientIp) === this.allows) return undefined;
    if (!this.shadow) return { code: 'ip_not_allowed' };
    exchange.noteShadowRefusal('ip_not_allowed');
    return undefined;
  }

  explain({ clientIp }: PolicyExchange): PolicyExplanation {
    const range = this.ranges.textFor(clientIp);
    const tried = this.shadow && (range !== undefined) !== this.allows ? '; only tried out' : '';
    const found = range === undefined ? 'in none of the ranges' : range === clientIp ? 'listed' : `in ${range}`;
    return { skipped: false, reason: `${clientIp} is ${found}${tried}` };
  }
}

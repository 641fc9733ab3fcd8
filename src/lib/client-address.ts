import { isIP } from 'node:net';
import type { CidrSet } from './cidr.ts';

/** An address as it is logged and counted: IPv4 in its own form even where it came over an IPv6 socket. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/**
 * The client behind a trusted peer: the last address in `X-Forwarded-For` that no trusted proxy owns, or the first one
 * where all are trusted. Something that is no address ends the search: what stands before it can be anybody's word.
 */
export function clientBehind(peer: string, forwardedFor: string, trusted: CidrSet): string {
  let client = peer;
  let end = forwardedFor.length;
  while (end > 0) {
    const commaAt = forwardedFor.lastIndexOf(',', end - 1);
    const address = plainAddress(forwardedFor.slice(commaAt + 1, end).trim());
    if (isIP(address) === 0) return client;
    client = address;
    if (!trusted.contains(address)) return client;
    end = commaAt;
  }
  return client;
}

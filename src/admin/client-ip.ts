import { isIP } from 'node:net';
import type { CidrSet } from '../lib/cidr.ts';

/** An IPv4 address in its own form even where it came over an IPv6 socket. */
export function plainIp(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/**
 * The client that a worker asks for. Its `X-Forwarded-For` ends with the peer; what stands before that is there only
 * where the peer is a trusted proxy. So it is the last address that no trusted proxy owns, the first one where all are
 * trusted, and '' where there is none.
 */
export function forwardedIp(forwardedFor: string, trusted: CidrSet): string {
  let client = '';
  for (const text of forwardedFor.split(',').toReversed()) {
    const address = plainIp(text.trim());
    if (isIP(address) === 0) break;
    client = address;
    if (!trusted.contains(address)) break;
  }
  return client;
}

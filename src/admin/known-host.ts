import { isIP } from 'node:net';
import type { Config } from '../config/schema.ts';

/**
 * Whether a `Host` names this gateway and no name that somebody else could have made for its address, as DNS rebinding
 * does: an IP address, a name without a dot (`localhost`, that of a container), which nobody can register, the name that
 * the listener has in the configuration, or one of `admin.hosts`. `host` has a port or none.
 */
export function isKnownHost(host: string, admin: Config['admin']): boolean {
  const name = hostNameOf(host);
  if (name === null) return false;
  if (isIP(name) !== 0 || !name.includes('.')) return true;
  if (admin === null) return false;
  return admin.hosts.includes(name) || (admin.address !== 'main' && admin.address.host === name);
}

/** Without port and brackets, in lower case; null for what is no host. */
function hostNameOf(host: string): string | null {
  // What a URL would read as a user name or a path is no host.
  if (!/^[\w.~:[\]-]+$/.test(host)) return null;
  const name = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$|\.$/g, '');
  return name === undefined || name === '' ? null : name;
}

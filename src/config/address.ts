import { isIP, isIPv4 } from 'node:net';

export interface Address {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** A target as it is used: `url` is always `scheme://host:port`. */
export interface TargetAddress extends Address {
  readonly url: string;
}

/** Why a text was refused. */
export interface Refusal {
  readonly problem: string;
  readonly suggestion?: string;
}

const hostName = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i;
const addressProblem = 'expected an address such as 0.0.0.0:8080, :8080, localhost:8080 or [::1]:8080';
const targetProblem = 'expected a target such as http://10.0.0.1:8080';

/** Whether a text is a host name of letters, digits, `-`, `_` and dots (no IP address), at most 253 characters. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && hostName.test(text) && !/(?:^|\.)\d+$/.test(text);
}

/** Reads `host:port`; without a host all IPv4 addresses of the machine are meant. */
export function parseAddress(text: string): Address | Refusal {
  if (/^\d{1,5}$/.test(text)) return { problem: addressProblem, suggestion: `:${text}` };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) return { problem: addressProblem };
  const [, bracketed, plain] = match;
  const port = Number(match[3]);
  if (port > 65_535) return { problem: 'expected a port from 0 to 65535' };
  if (bracketed !== undefined) {
    return isIP(bracketed) === 6 ? { host: bracketed, port } : { problem: addressProblem };
  }
  const host = plain === undefined || plain === '' ? '0.0.0.0' : plain;
  return isIPv4(host) || isHostName(host) ? { host: host.toLowerCase(), port } : { problem: addressProblem };
}

/** An address as it is written, with brackets around IPv6. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads the URL of a target: scheme, host and an optional port, nothing else. */
export function parseTargetUrl(text: string): TargetAddress | Refusal {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\\s]*)(.*)$/is.exec(text);
  if (match === null) {
    const bare = parseAddress(text.includes(':') ? text : `${text}:80`);
    return {
      problem: targetProblem,
      ...(text !== '' && !text.startsWith(':') && 'host' in bare && bare.port > 0
        ? { suggestion: `http://${text}` }
        : {}),
    };
  }
  const [, scheme = '', authority = '', rest = ''] = match;
  if (scheme.toLowerCase() === 'https') {
    return { problem: 'TLS to targets is not supported yet: use http://' };
  }
  if (scheme.toLowerCase() !== 'http') return { problem: 'expected http:// at the start of a target' };
  if (authority.includes('@')) return { problem: 'a target has no user name or password: remove what stands before @' };
  if (rest !== '' && rest !== '/') {
    return { problem: 'a target has no path, query or fragment: write only the scheme, host and port' };
  }
  const withPort = /:\d*$/.test(authority.replace(/^\[.*\]/, '')) ? authority : `${authority}:80`;
  const address = parseAddress(withPort);
  if ('problem' in address || authority === '' || authority.startsWith(':')) return { problem: targetProblem };
  if (address.port === 0) return { problem: 'expected a port from 1 to 65535' };
  return { url: `http://${formatAddress(address)}`, ...address };
}

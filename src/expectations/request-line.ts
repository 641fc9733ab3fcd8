import { isHostName, type Refusal } from '../config/address.ts';

/** What `GET /users?id=1` or `GET http://api.example.com/users` asks for. */
export interface RequestLine {
  readonly method: string;
  /** With its query, as it is written. */
  readonly path: string;
  /** With its port; null where none is written. */
  readonly host: string | null;
}

const problem = 'expected a method and a path such as GET /users, or with a host such as GET http://example.com/users';

/** Reads a request as people write it. What the path is for the gateway is the gateway's to judge. */
export function parseRequestLine(text: string): RequestLine | Refusal {
  const match = /^([A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}) +(?:https?:\/\/([^/?#\s]+))?([/*?][!-~]*)?$/.exec(text);
  if (match === null) return text.startsWith('/') ? { problem, suggestion: `GET ${text}` } : { problem };
  const [, method = '', host, path = '/'] = match;
  if (host === undefined && match[3] === undefined) return { problem };
  if (host !== undefined && !isAuthority(host)) return { problem };
  return { method, path: path.startsWith('?') ? `/${path}` : path, host: host ?? null };
}

function isAuthority(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '');
  return isHostName(name) || /^\d+\.\d+\.\d+\.\d+$/.test(name) || /^\[[\da-f:.]+\]$/i.test(name);
}

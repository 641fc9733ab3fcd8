import type { RequestHead } from './request-head.ts';

/** What requests are told apart by, for a limit or for the choice of a target. */
export type Subject =
  | { readonly by: 'ip' | 'key' | 'path' | 'route' }
  /** `name` is in lower case for a header, as it is written for a cookie. */
  | { readonly by: 'header' | 'cookie'; readonly name: string };

const named = /^(header|cookie):([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64})$/;

/** Reads `ip`, `key`, `path`, `route`, `header:NAME` or `cookie:NAME`; undefined for anything else. */
export function parseSubject(text: string): Subject | undefined {
  if (text === 'ip' || text === 'key' || text === 'path' || text === 'route') return { by: text };
  const [, by, name] = named.exec(text) ?? [];
  if (name === undefined) return undefined;
  return by === 'header' ? { by: 'header', name: name.toLowerCase() } : { by: 'cookie', name };
}

/** The value of a cookie (RFC 6265, 4.2.1), undefined where the request has none of this name. */
export function cookieOf(head: RequestHead, name: string): string | undefined {
  for (let at = head.indexOf('cookie'); at >= 0; at = head.indexOf('cookie', at + 1)) {
    const pairs = head.valueAt(at);
    let start = 0;
    while (start < pairs.length) {
      let end = pairs.indexOf(';', start);
      if (end < 0) end = pairs.length;
      while (pairs.charCodeAt(start) === 32) start++;
      if (pairs.startsWith(name, start) && pairs.charCodeAt(start + name.length) === 61) {
        return pairs.slice(start + name.length + 1, end).trimEnd();
      }
      start = end + 1;
    }
  }
  return undefined;
}

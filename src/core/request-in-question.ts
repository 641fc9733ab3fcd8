import { isIP } from 'node:net';

/** A request that somebody asks about; nobody has sent it. */
export interface RequestInQuestion {
  readonly method: string;
  /** `http://host/path?query`, or the path alone; sent as it is written. */
  readonly url: string;
  /** As they are written, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Address of the peer: the client, or a proxy in front of the gateway. */
  readonly clientIp: string;
  /** Null where nothing is said of a body. */
  readonly bodyBytes: number | null;
}

/** Where a request goes, as a client would write it. */
export interface RequestTarget {
  /** Null where the URL names no host. */
  readonly host: string | null;
  /** With its query. */
  readonly path: string;
}

const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i;
const lineEnd = /[\r\n\0]/;

/** What is wrong with a question itself, in words for whoever asks; null where it can be answered. */
export function findQuestionProblem({ method, url, headers, clientIp, bodyBytes }: RequestInQuestion): string | null {
  if (method === '' || /\s/.test(method)) return 'the method has to be one word such as GET';
  if (lineEnd.test(url)) return 'the URL may not hold a line end';
  const isAbsolute = absolute.test(url);
  if (!isAbsolute && !url.startsWith('/') && url !== '*') {
    return 'the URL has to begin with http:// or with the slash of a path';
  }
  if (isAbsolute && splitUrl(url).host?.includes('@') === true) {
    return 'the URL may not hold a user name or password: say them in a field, Authorization';
  }
  for (const [name, value] of headers) {
    if (lineEnd.test(name) || lineEnd.test(value)) return 'a header may not hold a line end';
  }
  if (isIP(clientIp) === 0) return `the address of the client has to be an IP address, not ${JSON.stringify(clientIp)}`;
  if (bodyBytes !== null && !(Number.isSafeInteger(bodyBytes) && bodyBytes >= 0)) {
    return 'the size of the body has to be a whole number of bytes';
  }
  return null;
}

/** Takes a URL apart as a client does; a fragment stays with the client. */
export function splitUrl(url: string): RequestTarget {
  const [, host, rest = ''] = absolute.exec(url) ?? [];
  if (host === undefined) return { host: null, path: url };
  return { host, path: rest.startsWith('/') ? rest : `/${rest}` };
}

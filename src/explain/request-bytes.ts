import { splitUrl, type RequestInQuestion } from '../core/request-in-question.ts';

/**
 * The head of a request as a client would send it (RFC 9112, 3), which may well be one that the gateway refuses.
 * `defaultHost` is for a URL that names none. Where the length of a body is given and no field says how it is framed, a
 * `Content-Length` is added.
 */
export function requestBytes({ method, url, headers, bodyBytes }: RequestInQuestion, defaultHost: string): Buffer {
  const { host, path } = splitUrl(url);
  const names = headers.map(([name]) => name.toLowerCase());
  let text = `${method} ${path} HTTP/1.1\r\n`;
  if (!names.includes('host')) text += `Host: ${host ?? defaultHost}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  const isFramed = names.includes('content-length') || names.includes('transfer-encoding');
  if (bodyBytes !== null && !isFramed) text += `Content-Length: ${bodyBytes}\r\n`;
  return Buffer.from(`${text}\r\n`, 'utf8');
}

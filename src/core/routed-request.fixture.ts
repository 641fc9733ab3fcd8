import { fieldRole } from './field-names.ts';
import { RequestHead } from './request-head.ts';
import type { RoutePattern } from './route-pattern.ts';

/** A head as the parser leaves it. Fields are given by name, or as pairs where one is there twice. */
export function headOf(request: {
  method?: string;
  host?: string;
  path?: string;
  /** With its question mark. */
  query?: string;
  headers?: Readonly<Record<string, string>> | readonly (readonly [name: string, value: string])[];
}): RequestHead {
  const { method = 'GET', host = 'a.example', path = '/', query = '', headers = {} } = request;
  const head = new RequestHead();
  Object.assign(head, { method, host, path, query, text: `${method} ${path}${query} HTTP/1.1\r\n` });
  head.startLineEnd = head.text.length;
  const fields = Array.isArray(headers) ? headers : Object.entries(headers);
  for (const [name, value] of fields) {
    const start = head.text.length;
    // Heads hold bytes, one character each.
    const line = `${name}: ${Buffer.from(value, 'utf8').toString('latin1')}`;
    head.text += `${line}\r\n`;
    head.addField(fieldRole.plain, start, start + name.length, start + line.length);
  }
  return head;
}

/** A route for every request, but for what is given. */
export function patternOf(pattern: Partial<RoutePattern>): RoutePattern {
  return { name: 'route', path: '/*', host: undefined, methods: undefined, headers: {}, query: {}, ...pattern };
}

import {
  compileTemplate,
  findTemplateProblem,
  renderTemplate,
  type Template,
  type TemplateProblem,
  type TemplateSource,
} from './template.ts';

const origin = String.raw`https?:\/\/(?:\{request\.host\}|[^/?#{}]+)`;
/** What keeps a location where it is meant to lead, whatever is filled in: an origin that ends here, or a path. */
const beginning = new RegExp(
  String.raw`^(?:${origin}(?=[/?#]|$|\{request\.path\})|\/(?![/\\])|\{request\.path\})`,
  'i',
);
const place = /\{[^{}]*\}/g;
const hostOrigin = /^https?:\/\/\{request\.host\}/i;
// RFC 3986, section 2.
const uriCharacters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/;

/** What is wrong with the location of a redirect, a template, or undefined. */
export function findLocationProblem(text: string): TemplateProblem | undefined {
  const problem = findTemplateProblem(text, null);
  if (problem !== undefined) return problem;
  const filled = text.replace(place, 'x');
  if (!uriCharacters.test(filled)) {
    return { problem: 'a location holds no characters such as spaces and braces: percent-encode them' };
  }
  if (!beginning.test(text)) {
    return {
      problem:
        'expected a path such as /new/{*}, or https:// or http:// with a host and a slash: a fixed host or {request.host}',
    };
  }
  return URL.canParse(filled, 'http://x') ? undefined : { problem: 'this is not the URL of a location' };
}

interface Part {
  readonly text: string;
  readonly value: Template | null;
  readonly allowed: Uint8Array;
}

const unreserved = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
/** What a value may hold where it stands: as the host, in the path, in a parameter of the query, as a whole query. */
const inHost = setOf(`${unreserved}:[]`);
const inPath = setOf(`${unreserved}!$&'()*+,;=:@/`);
const inParameter = setOf(`${unreserved}!$'()*,:@/?`);
const inQuery = setOf(`${unreserved}!$&'()*+,;=:@/?`);

/**
 * The location of a redirect, filled in for each request (RFC 9110, 10.2.2). Whatever a request brings, it is a valid URI
 * reference that leads to the origin that it was written for: what is filled in is percent-encoded where it could begin
 * another part of the location.
 */
export class RedirectLocation {
  private readonly parts: readonly Part[];
  /** The origin is that of the request, which may have none. */
  private readonly withoutOrigin: readonly Part[] | null;
  private readonly hasQuery: boolean;

  /** `text` has no problem; `pattern` is the path of the route. */
  constructor(text: string, pattern: string) {
    this.parts = compileParts(text, pattern);
    this.withoutOrigin = hostOrigin.test(text) ? compileParts(text.replace(hostOrigin, ''), pattern) : null;
    this.hasQuery = text.includes('?') || text.includes('{request.query}');
  }

  /** `keepQuery` adds the query of the request to a location that has none of its own. */
  fill(source: TemplateSource, keepQuery: boolean): string {
    const { head } = source;
    const parts = head.host === '' && this.withoutOrigin !== null ? this.withoutOrigin : this.parts;
    let location = '';
    for (const { text, value, allowed } of parts) {
      location += text;
      if (value !== null) location += encode(renderTemplate(value, source), allowed);
    }
    // Two slashes would begin another origin (RFC 3986, 4.2).
    if (location.startsWith('//')) location = location.replace(/^\/+/, '/');
    if (location === '') location = '/';
    return keepQuery && head.query !== '' && !this.hasQuery
      ? addQuery(location, encode(head.query, inQuery))
      : location;
  }
}

function addQuery(location: string, query: string): string {
  const fragmentAt = location.indexOf('#');
  return fragmentAt < 0 ? location + query : location.slice(0, fragmentAt) + query + location.slice(fragmentAt);
}

function compileParts(text: string, pattern: string): Part[] {
  let before = '';
  return compileTemplate(text, pattern).parts.map((part) => {
    before += part.text;
    const kind = part.variable?.kind;
    const isInPath = !/[?#]/.test(before);
    const isHost = kind === 'request.host' && /^https?:\/\/$/i.test(before);
    const isQuery = kind === 'request.query' && isInPath;
    if (isQuery) before += '?';
    const value = part.variable === null ? null : { parts: [{ text: '', variable: part.variable }] };
    const allowed = isHost ? inHost : isQuery ? inQuery : isInPath ? inPath : inParameter;
    return { text: part.text, value, allowed };
  });
}

function setOf(characters: string): Uint8Array {
  const set = new Uint8Array(128);
  for (const character of characters) set[character.charCodeAt(0)] = 1;
  return set;
}

/** Percent-encodes what is not allowed; what is encoded already stays. */
function encode(value: string, allowed: Uint8Array): string {
  for (let at = 0; at < value.length; at++) {
    if (allowed[value.charCodeAt(at)] !== 1) return encodeSlowly(value, allowed);
  }
  return value;
}

function encodeSlowly(value: string, allowed: Uint8Array): string {
  // Heads hold one character a byte; other text, such as the name of a key, does not.
  const bytes = Buffer.from(value, /[^\0-\xff]/.test(value) ? 'utf8' : 'latin1');
  let result = '';
  for (const [at, byte] of bytes.entries()) {
    const isEscape = byte === 37 && /^[\dA-Fa-f]{2}$/.test(bytes.toString('latin1', at + 1, at + 3));
    result +=
      isEscape || allowed[byte] === 1
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}

import { nearest } from '../lib/edit-distance.ts';
import type { Consumer } from './ports.ts';
import type { RequestHead } from './request-head.ts';

/** What a template is filled in from. */
export interface TemplateSource {
  readonly head: RequestHead;
  /** Normalised. */
  readonly path: string;
  readonly clientIp: string;
  readonly requestId: string;
  readonly routeName: string;
  readonly consumer: Consumer | null;
}

const variableNames = [
  'client.ip',
  'consumer.id',
  'consumer.name',
  'request.host',
  'request.id',
  'request.method',
  'request.path',
  'request.query',
  'route.name',
] as const;

type VariableName = (typeof variableNames)[number];

/** One place of a template that is filled in. */
type Variable =
  | { readonly kind: VariableName }
  /** A field of the request, by its lower-case name. */
  | { readonly kind: 'header'; readonly name: string }
  /** The segment of the path with this index, from 0. */
  | { readonly kind: 'segment'; readonly index: number }
  /** Everything after so many segments of the path, without the slash before it. */
  | { readonly kind: 'rest'; readonly after: number };

interface Part {
  /** The text before the variable. */
  readonly text: string;
  readonly variable: Variable | null;
}

/** A text with places that are filled in for each request. */
export interface Template {
  readonly parts: readonly Part[];
}

/** Why a template was refused. */
export interface TemplateProblem {
  readonly problem: string;
  readonly suggestion?: string;
}

const place = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const headerVariable = /^header\.([A-Za-z0-9!#$%&'*+.^_`|~-]+)$/;
const parameterName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The names of the parameters of a path pattern, `*` for what its `/*` at the end stands for. */
export function parametersOf(pattern: string): readonly string[] {
  return pattern
    .split('/')
    .filter((segment) => segment === '*' || isParameter(segment))
    .map((segment) => (segment === '*' ? segment : segment.slice(1, -1)));
}

/** Whether a segment of a pattern stands for any one segment: `{id}`. */
export function isParameter(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}') && parameterName.test(segment.slice(1, -1));
}

/** The names in braces that are parameters of a path, in a well-formed template. */
export function parametersUsedIn(text: string): readonly string[] {
  return [...text.matchAll(place)]
    .map(([, name]) => name)
    .filter((name): name is string => name !== undefined && (name === '*' || parameterName.test(name)));
}

/**
 * What is wrong with a template, or undefined. `{name}` is a parameter of the route's path, `{*}` what its `/*` stands
 * for, `{header.NAME}` a field of the request, and a name with a dot one of the variables; `{{` and `}}` are braces.
 *
 * @param parameters those of the route's path; null where any may be meant
 */
export function findTemplateProblem(text: string, parameters: readonly string[] | null): TemplateProblem | undefined {
  for (const [written, name] of text.matchAll(place)) {
    if (written === '{{' || written === '}}') continue;
    if (name === undefined)
      return { problem: `"${written}" stands alone: write ${written}${written} for the sign itself` };
    const problem = findNameProblem(name, parameters);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findNameProblem(name: string, parameters: readonly string[] | null): TemplateProblem | undefined {
  if (headerVariable.test(name) || variableNames.some((known) => known === name)) return undefined;
  if (name === '*' || parameterName.test(name)) {
    if (parameters === null || parameters.includes(name)) return undefined;
    const known = parameters.length === 0 ? 'it has none' : `it has ${parameters.map((one) => `{${one}}`).join(', ')}`;
    return { problem: `the path of the route has no {${name}}: ${known}` };
  }
  const suggestion = nearest(name, variableNames);
  const problem = `unknown variable {${name}}: known are ${variableNames.join(', ')}, header.NAME and the parameters of the path`;
  return suggestion === undefined ? { problem } : { problem, suggestion: `{${suggestion}}` };
}

/** Makes a well-formed template ready to be filled in; `pattern` is the path of its route. */
export function compileTemplate(text: string, pattern: string): Template {
  const parts: Part[] = [];
  let before = '';
  let at = 0;
  for (const found of text.matchAll(place)) {
    before += text.slice(at, found.index);
    at = found.index + found[0].length;
    const [written, name] = found;
    if (name === undefined) {
      before += written[0];
      continue;
    }
    parts.push({ text: before, variable: compileVariable(name, pattern) });
    before = '';
  }
  const last = before + text.slice(at);
  if (last !== '' || parts.length === 0) parts.push({ text: last, variable: null });
  return { parts };
}

function compileVariable(name: string, pattern: string): Variable | null {
  const header = headerVariable.exec(name)?.[1];
  if (header !== undefined) return { kind: 'header', name: header.toLowerCase() };
  const known = variableNames.find((variable) => variable === name);
  if (known !== undefined) return { kind: known };
  const segments = pattern.split('/').slice(1);
  const index = segments.indexOf(name === '*' ? '*' : `{${name}}`);
  if (index < 0) return null;
  return name === '*' ? { kind: 'rest', after: index } : { kind: 'segment', index };
}

/** Whether a template is the same for every request. */
export function isFixed(template: Template): boolean {
  return template.parts.every(({ variable }) => variable === null);
}

/** The template filled in for a body, which is UTF-8: what the client sent as UTF-8 stands there as it meant it. */
export function renderBody({ parts }: Template, source: TemplateSource): string {
  let text = '';
  for (const part of parts) {
    text += part.text;
    if (part.variable === null) continue;
    const value = valueOf(part.variable, source);
    text += part.variable.kind === 'header' ? decodeUtf8(value) : value;
  }
  return text;
}

const beyondAscii = /[\x80-\xff]/;

/** The values of fields are read one character a byte. */
function decodeUtf8(bytes: string): string {
  return beyondAscii.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

export function renderTemplate({ parts }: Template, source: TemplateSource): string {
  let text = '';
  for (const part of parts) {
    text += part.text;
    if (part.variable !== null) text += valueOf(part.variable, source);
  }
  return text;
}

/**
 * Like `renderTemplate`, for the value of a field (RFC 9110, 5.5): one line, one character a byte. What cannot stand in
 * a value is left out, and other text than bytes, such as the name of a key, stands in UTF-8.
 */
export function renderFieldValue(template: Template, source: TemplateSource): string {
  const text = renderTemplate(template, source);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isControl(code) || code > 0xff) return cleanFieldValue(text);
  }
  return text;
}

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09) || code === 0x7f;
}

function cleanFieldValue(text: string): string {
  const bytes = /[^\0-\xff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
  return Array.from(bytes)
    .filter((character) => !isControl(character.charCodeAt(0)))
    .join('');
}

function valueOf(variable: Variable, source: TemplateSource): string {
  switch (variable.kind) {
    case 'client.ip':
      return source.clientIp;
    case 'consumer.id':
      return source.consumer?.id ?? '';
    case 'consumer.name':
      return source.consumer?.name ?? '';
    case 'request.host':
      return source.head.host;
    case 'request.id':
      return source.requestId;
    case 'request.method':
      return source.head.method;
    case 'request.path':
      return source.path;
    case 'request.query':
      return source.head.query;
    case 'route.name':
      return source.routeName;
    case 'header':
      return source.head.get(variable.name) ?? '';
    case 'segment':
      return segmentOf(source.path, variable.index);
    case 'rest':
      return source.path.slice(startOfSegment(source.path, variable.after));
  }
}

/** The segment of a normalised path with this index; empty where the path is shorter. */
function segmentOf(path: string, index: number): string {
  const start = startOfSegment(path, index);
  const end = path.indexOf('/', start);
  return end < 0 ? path.slice(start) : path.slice(start, end);
}

function startOfSegment(path: string, index: number): number {
  let start = 1;
  for (let left = index; left > 0; left--) {
    const slash = path.indexOf('/', start);
    if (slash < 0) return path.length;
    start = slash + 1;
  }
  return start;
}

import { createLocate, createPositions, fillDocument, type Document, type ParsedText } from './document.ts';
import { findIgnoredLints } from './ignored-lints.ts';
import type { Variables } from './interpolate.ts';
import type { Issue } from './issues.ts';
import { TextSyntaxError } from './text-syntax.ts';

export type TextFormat = 'yaml' | 'toml' | 'json';

export interface ConfigText {
  readonly text: string;
  readonly format: TextFormat;
  /** The file as the user named it. */
  readonly file: string;
  /** For `${NAME}`. */
  readonly variables: Variables;
}

export const maxConfigBytes = 1024 * 1024;

/** Throws a TextSyntaxError for a text that is not well-formed. */
type ParseText = (text: string) => ParsedText;

/** Each is loaded only when it is needed, so that a gateway starts fast. */
const loadParser: Readonly<Record<TextFormat, () => Promise<ParseText>>> = {
  yaml: async () => (await import('./yaml-text.ts')).parseYaml,
  toml: async () => (await import('./toml-text.ts')).parseToml,
  json: async () => (await import('./json-text.ts')).parseJson,
};

/** The issue for a file that is larger than `maxConfigBytes`. */
export function tooLargeIssue(file: string): Issue {
  return { path: '', message: 'the configuration is larger than 1 MiB', location: { label: file } };
}

/** Parses a text and fills in its variables. Issues instead of a document mean that the text is not well-formed. */
export async function parseDocument(config: ConfigText): Promise<{ document: Document } | { issues: Issue[] }> {
  return parseWith(await loadParser[config.format](), config);
}

export function parseWith(parse: ParseText, config: ConfigText): { document: Document } | { issues: Issue[] } {
  const { file, variables } = config;
  if (Buffer.byteLength(config.text) > maxConfigBytes) return { issues: [tooLargeIssue(file)] };
  // A byte order mark is no part of the text.
  const text = config.text.startsWith('\ufeff') ? config.text.slice(1) : config.text;
  const position = createPositions(file, text);
  let parsed: ParsedText;
  try {
    parsed = parse(text);
  } catch (error) {
    if (error instanceof RangeError) {
      return { issues: [{ path: '', message: 'nested too deeply', location: { label: file } }] };
    }
    if (!(error instanceof TextSyntaxError)) throw error;
    return { issues: syntaxIssues(error, position) };
  }
  const locate = createLocate(parsed, position);
  const document = fillDocument(parsed.value, { source: file, files: [file], locate, variables });
  return { document: { ...document, ignoredLints: findIgnoredLints(text) } };
}

/** One for a line: what follows on the same line is mostly a consequence. */
function syntaxIssues(error: TextSyntaxError, position: ReturnType<typeof createPositions>): Issue[] {
  const lines = new Set<number>();
  const issues: Issue[] = [];
  for (const { offset, message } of error.problems) {
    const location = position(offset);
    if (lines.has(location.line)) continue;
    lines.add(location.line);
    issues.push({ path: '', message, location });
  }
  return issues;
}

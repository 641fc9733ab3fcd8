import { parse, TomlError } from 'smol-toml';
import type { ParsedText } from './document.ts';
import { pathKey } from './document-path.ts';
import { unsafeKeyMessage } from './interpolate.ts';
import { TextSyntaxError } from './text-syntax.ts';
import { locateTomlKeys } from './toml-positions.ts';

const maxDepth = 64;

/** TOML 1.0. @throws TextSyntaxError */
export function parseToml(text: string): ParsedText {
  let value: unknown;
  try {
    value = parse(text, { maxDepth, unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new TextSyntaxError([{ offset: offsetOf(text, error.line, error.column), message: describe(error) }]);
  }
  const spans = locateTomlKeys(text);
  return { value, find: (path) => spans.get(pathKey(path)) };
}

/** The parser's message goes on with lines of the source, which may hold secrets: only its first line is kept. */
function describe(error: TomlError): string {
  const [firstLine = ''] = error.message.split('\n');
  if (firstLine.endsWith('unsafe property')) return unsafeKeyMessage;
  return `not well-formed TOML: ${firstLine.replace(/^Invalid TOML document: /, '')}`;
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let current = 1; current < line; current += 1) {
    const end = text.indexOf('\n', start);
    if (end === -1) break;
    start = end + 1;
  }
  return Math.min(start + column - 1, text.length);
}

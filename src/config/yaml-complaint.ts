import { isCollection, isScalar, visit, type Document as YamlDocument, type YAMLError } from 'yaml';
import type { SyntaxProblem } from './text-syntax.ts';

/** Problems that leave the rest of the text as it is understood, so that what follows them is worth telling. */
const harmless: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAB_AS_INDENT', 'BAD_DIRECTIVE']);

type Described = Pick<YAMLError, 'code' | 'message' | 'pos'>;

/**
 * What is wrong with a text that is not well-formed, in the order of the text, up to the first problem that leaves the
 * parser guessing: what it says of the rest is mostly a consequence. Messages hold no text of the source, which may be a
 * secret.
 *
 * @param document what the parser has made of `text`
 */
export function describeYamlProblems(document: YamlDocument, text: string): SyntaxProblem[] {
  const found: readonly Described[] = [...document.errors, ...document.warnings, ...findRepeatedKeys(document)];
  const sorted = found.toSorted((left, right) => left.pos[0] - right.pos[0]);
  const serious = sorted.findIndex(({ code }) => !harmless.has(code));
  const told = serious === -1 ? sorted : sorted.slice(0, serious + 1);
  return told.map((problem) => locate(problem, document, text));
}

function findRepeatedKeys(document: YamlDocument): Described[] {
  const repeated: Described[] = [];
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const [start, end] = key.range ?? [0, 0];
        if (seen.has(key.value)) repeated.push({ code: 'DUPLICATE_KEY', message: '', pos: [start, end] });
        seen.add(key.value);
      }
    },
  });
  return repeated;
}

function locate(problem: Described, document: YamlDocument, text: string): SyntaxProblem {
  const [offset] = problem.pos;
  if (isUnclosedCollection(problem)) {
    const opened = findUnclosed(document, text) ?? offset;
    const message = 'a [ or { is not closed: write the ] or } that belongs to it, or quote the text that it is part of';
    return { offset: opened, message: notWellFormed(message) };
  }
  if (problem.message.startsWith('Missing closing ')) {
    const message = 'a text that begins with a quote is not closed: write the same quote behind it';
    return { offset: findUnclosedQuote(document, text) ?? offset, message: notWellFormed(message) };
  }
  return { offset, message: describe(problem, text) };
}

function isUnclosedCollection({ message }: Described): boolean {
  return /^Flow (?:map|sequence) (?:in block collection )?must /.test(message);
}

/** Where the list or mapping in brackets begins that was opened last of those that are not closed. */
function findUnclosed(document: YamlDocument, text: string): number | undefined {
  let opened: number | undefined;
  visit(document, {
    Node: (_, node) => {
      if (!isCollection(node) || node.flow !== true) return;
      const [start, end] = node.range ?? [0, 0];
      if (!/[}\]]/.test(text[end - 1] ?? '')) opened = start;
    },
  });
  return opened;
}

function findUnclosedQuote(document: YamlDocument, text: string): number | undefined {
  let opened: number | undefined;
  visit(document, {
    Scalar: (_, node) => {
      if (!isScalar(node) || !String(node.type).startsWith('QUOTE_')) return;
      const [start, end] = node.range ?? [0, 0];
      if (end === start + 1 || text[end - 1] !== text[start]) opened = start;
    },
  });
  return opened;
}

const byCode: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is written twice in the same mapping: keep one of them',
  MULTIPLE_DOCS: 'a second YAML document begins here: a configuration is one document',
  TAB_AS_INDENT: 'a tab is used for indentation: YAML allows only spaces',
  BAD_DIRECTIVE: 'this line is a YAML directive that is not known: remove it',
  RESOURCE_EXHAUSTION: 'the YAML is nested too deeply',
};

/** By how the message of the parser begins. */
const byMessage: readonly (readonly [beginning: string, message: string])[] = [
  ['Unexpected block-seq-ind on same line', 'a list begins on a line of its own, with "- " before each entry'],
  ['Unexpected flow-map-end', 'this } closes nothing: remove it, or write the { that belongs to it'],
  ['Unexpected flow-seq-end', 'this ] closes nothing: remove it, or write the [ that belongs to it'],
  ['Unexpected , in', 'there is nothing before this comma: remove it'],
  ['Unexpected empty item', 'there is nothing before this comma: remove it'],
  ['Missing , ', 'a comma is missing between two entries in brackets or braces'],
  ['Unexpected scalar token', 'a comma is missing before this'],
  ['Missing space after :', 'a space is missing behind the colon'],
  ['Implicit map keys', 'expected a key with a colon and a space behind it, as in "key: value"'],
  ['Implicit keys', 'expected a key with a colon behind it on one line, as in "key: value", or "- " for a list'],
  ['Nested mappings', 'a text with ": " in it is written in quotes; a mapping within another begins on a new line'],
  ['A block sequence', 'a list begins on a line of its own, with "- " before each entry'],
  ['Block collections are not', 'a comma is missing between two entries, or a text with ": " in it is to be in quotes'],
  ['All mapping items', 'the keys of a mapping begin in the same column: correct the spaces before this one'],
  ['All sequence items', 'the "-" of a list stand in the same column: correct the spaces before this one'],
  ['Sequence item without', 'an entry of a list begins with "- "'],
  ['Alias cannot be', 'a text that begins with * is written in quotes'],
  ['Anchor cannot be', 'a text that begins with & is written in quotes'],
  ['Invalid escape', 'this escape is not known between double quotes: write the text between single quotes'],
  ['Comments must', 'a space is missing before this #'],
  ['Block scalar header', 'nothing stands behind | or > on its line'],
  ['Not a YAML token', 'nothing stands behind | or > on its line'],
  ['Unresolved tag', 'a tag such as !name is not known here: remove it, or quote a text that begins with !'],
  ['With stringKeys', 'a key is a text'],
  ['The : indicator', 'a key is too long, or a text with ": " in it is to be in quotes'],
];

function describe({ code, message, pos: [offset] }: Described, text: string): string {
  if (Object.hasOwn(byCode, code)) return byCode[code] ?? '';
  if (code === 'BAD_SCALAR_START') return notWellFormed(`a text that begins with ${text[offset]} is written in quotes`);
  if (message.endsWith('at node end')) return notWellFormed(describeTextBehind(text, offset));
  const known = byMessage.find(([beginning]) => message.startsWith(beginning));
  return notWellFormed(known?.[1] ?? 'this is not expected here: compare the quotes, brackets and spaces around it');
}

/** Within braces and brackets a text ends at the next one of them, which those in paths do not mean. */
function describeTextBehind(text: string, offset: number): string {
  const here = text[offset] ?? '';
  const before = text[offset - 1] ?? '';
  if (/["']/.test(before.trim() || text.slice(0, offset).trimEnd().slice(-1))) {
    return 'a text goes on behind its closing quote: put all of it between the quotes';
  }
  if (!/[[\]{}]/.test(here + before)) return 'a comma, or a line of its own, is missing before this';
  const kind = /[{}]/.test(here + before) ? 'braces' : 'brackets';
  return `quote a text with ${kind}: '${findPath(text, offset) ?? (kind === 'braces' ? '/users/{id}' : '/a[b]')}'`;
}

/** The path that is written around an offset, where its key says that it is one. */
function findPath(text: string, offset: number): string | undefined {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0] ?? '';
  const at = offset - text.lastIndexOf('\n', offset - 1) - 1;
  for (const match of line.matchAll(
    /[\s{,](?:path|strip_prefix):\s+(\/(?:[^\s,{}[\]'"]|\{[^\s{}'"]*\}|\[[^\s[\]'"]*\])*)/g,
  )) {
    const [written, path] = match;
    if (match.index < at && at < match.index + written.length) return path;
  }
  return undefined;
}

function notWellFormed(message: string): string {
  return `not well-formed YAML: ${message}`;
}

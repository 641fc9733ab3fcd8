import { mask, resemblesSecretName } from './secrets.ts';
import { isOnlyReferences } from './written-secrets.ts';

/** A line of a source as it may be shown. */
export interface RedactedLine {
  readonly text: string;
  /** Where a column of the line is in the text, both counted from 1; for a column within a mask, where that begins. */
  readonly shownColumn: (column: number) => number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

const keyBeforeValue = /([A-Za-z_][\w-]*)["']?\s*[:=]\s*(?=[^\s{])/g;
const credentialsInUrl = /\/\/((?:\$\{[^}"']*\}|(?!\$\{)[^\s"'])*)@/g;
const keyOfLine = /^[\s-]*["']?([\w.-]+)["']?\s*(?::(?=\s|$)|=(?=\s*\S))/;
/** In a mapping in braces the value may end before the next key, before the next entry of a list, or with the line. */
const endInBraces = /\s*(?:,\s*["']?[A-Za-z_][\w-]*["']?\s*[:=]\s|[}\]][}\]\s]*(?:,\s*[{[]|,?\s*$))/g;

/**
 * The lines of a source, by their index, with the values of secret keys and the credentials in URLs masked. Values of
 * variables (`${NAME}`) are no secrets; where it cannot be told where a secret ends, all of the line behind its beginning
 * is masked. Each line is read once.
 */
export function createRedactedLines(lines: readonly string[]): (index: number) => RedactedLine {
  const known = new Map<number, RedactedLine>();
  const ownerOf = createOwners(lines);
  return (index) => {
    const before = known.get(index);
    if (before !== undefined) return before;
    const line = lines[index] ?? '';
    const isSecret = isWithinSecret(lines, index, ownerOf);
    const redacted = maskRanges(line, isSecret ? [wholeLine(line)] : findSecrets(line));
    known.set(index, redacted);
    return redacted;
  };
}

function wholeLine(line: string): Range {
  return { start: line.search(/\S/), end: line.length };
}

function maskRanges(line: string, ranges: readonly Range[]): RedactedLine {
  let text = '';
  let at = 0;
  const shifts: (Range & { readonly shown: number })[] = [];
  for (const { start, end } of ranges.toSorted((left, right) => left.start - right.start)) {
    if (end <= at) continue;
    const from = Math.max(start, at);
    text += line.slice(at, from);
    shifts.push({ start: from, end, shown: text.length });
    text += mask;
    at = end;
  }
  text += line.slice(at);
  const shownColumn = (column: number): number => {
    const offset = column - 1;
    const before = shifts.findLast(({ start }) => start <= offset);
    if (before === undefined) return column;
    return (offset < before.end ? before.shown : before.shown + mask.length + offset - before.end) + 1;
  };
  return { text, shownColumn };
}

function findSecrets(line: string): Range[] {
  const found: Range[] = [];
  const brackets = new Brackets(line);
  keyBeforeValue.lastIndex = 0;
  for (let match = keyBeforeValue.exec(line); match !== null; match = keyBeforeValue.exec(line)) {
    const [written, name = ''] = match;
    const start = match.index + written.length;
    if (!resemblesSecretName(name)) continue;
    if (line.endsWith('${', match.index)) {
      found.push(...findDefault(line, start));
      continue;
    }
    // The keys of a configuration are mappings, of which only the secrets are.
    if (name === 'keys' && /^\[\s*\{/.test(line.slice(start))) continue;
    const end = endOfValue(brackets, start);
    keyBeforeValue.lastIndex = Math.max(end, start);
    if (!isPublic(line.slice(start, end))) found.push({ start, end });
  }
  for (const { index, 1: credentials = '' } of line.matchAll(credentialsInUrl)) {
    const start = index + 2;
    const password = credentials.replace(/^[^:$]*:/, '');
    if (!isOnlyReferences(password)) found.push({ start, end: start + credentials.length });
  }
  return found;
}

/** What a reference to a secret falls back on; `start` is behind the colon. */
function findDefault(line: string, start: number): Range[] {
  const close = line.indexOf('}', start);
  const end = close === -1 ? line.length : close;
  const from = line[start] === '-' ? start + 1 : start;
  return from < end ? [{ start: from, end }] : [];
}

/** A value, or a list of values, that is only references. */
function isPublic(value: string): boolean {
  const withoutComment = value.replace(/\s+#.*$/, '').trim();
  return isOnlyReferences(withoutComment.replace(/^\[|\],?$|["'\s,]/g, ''));
}

/** A line in which a reference is one word, for what ends a value, and how deep in braces and brackets a place in it is. */
class Brackets {
  readonly line: string;
  readonly blanked: string;
  #offset = 0;
  #depth = 0;

  constructor(line: string) {
    this.line = line;
    this.blanked = line.replace(/\$\{[^}]*\}/g, (written) => '\0'.repeat(written.length));
  }

  /** How many more are opened than closed before an offset, which is never less than the one asked for before. */
  depthAt(offset: number): number {
    for (; this.#offset < offset; this.#offset += 1) {
      const character = this.blanked[this.#offset];
      if (character === '{' || character === '[') this.#depth += 1;
      else if (character === '}' || character === ']') this.#depth -= 1;
    }
    return this.#depth;
  }
}

function endOfValue(brackets: Brackets, start: number): number {
  const { line, blanked } = brackets;
  const quote = line[start];
  if (quote === '"' || quote === "'") return endOfQuoted(line, start, quote);
  if (brackets.depthAt(start) <= 0 || quote === '[') return line.length;
  endInBraces.lastIndex = start;
  return endInBraces.exec(blanked)?.index ?? line.length;
}

/** The whole line where the quote is not closed, or where something other than the next part follows. */
function endOfQuoted(line: string, start: number, quote: '"' | "'"): number {
  const literal = quote === '"' ? /"(?:[^"\\]|\\.)*"/y : /'(?:[^'\\]|'')*'/y;
  literal.lastIndex = start;
  const end = start + (literal.exec(line)?.[0].length ?? 0);
  return end > start && /^\s*(?:[,}\]]|$)/.test(line.slice(end)) ? end : line.length;
}

interface Owner {
  readonly index: number;
  readonly written: string;
  readonly name: string;
}

/** For each line the last one up to it that begins with a key; null where there is none. */
function createOwners(lines: readonly string[]): (index: number) => Owner | null {
  const owners: (Owner | null)[] = [];
  return (index) => {
    for (let next = owners.length; next <= index; next += 1) {
      const found = keyOfLine.exec(lines[next] ?? '');
      const [written = '', name = ''] = found ?? [];
      owners.push(found === null ? (owners[next - 1] ?? null) : { index: next, written, name });
    }
    return owners[index] ?? null;
  };
}

/** Whether the line goes on with the value of a secret key that stands on an earlier line. */
function isWithinSecret(lines: readonly string[], index: number, ownerOf: (index: number) => Owner | null): boolean {
  const line = lines[index] ?? '';
  if (!/\w/.test(line) || isPublic(line.replace(/^[\s-]+/, '').trimEnd())) return false;
  const owner = ownerOf(index);
  if (owner === null || owner.index === index) return false;
  const behind = (lines[owner.index] ?? '').slice(owner.written.length);
  const isListOfKeys = owner.name === 'keys' && /^\s*\[?\s*(?:#.*)?$/.test(behind);
  if (isListOfKeys && /^\s*(?:-\s+)?\{/.test(line)) return false;
  return resemblesSecretName(owner.name);
}

import { mask, resemblesSecretName } from './secrets.ts';
import { isOnlyReferences } from './written-secrets.ts';

/** A line of a source as it may be shown. */
export interface RedactedLine {
  readonly text: string;
  /** Where a column of the line is in the text, both counted from 1; for a column within a mask, where that begins. */
  shownColumn(column: number): number;
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
 * The line of a source with the values of secret keys and the credentials in URLs masked. Values of variables
 * (`${NAME}`) are no secrets; where it cannot be told where a secret ends, all of the line behind its beginning is masked.
 */
export function redactLine(lines: readonly string[], index: number): RedactedLine {
  const line = lines[index] ?? '';
  return maskRanges(line, isWithinSecret(lines, index) ? [wholeLine(line)] : findSecrets(line));
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
    const end = endOfValue(line, start);
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

function endOfValue(line: string, start: number): number {
  const quote = line[start];
  if (quote === '"' || quote === "'") return endOfQuoted(line, start, quote);
  // For what ends a value, a reference is one word.
  const blanked = line.replace(/\$\{[^}]*\}/g, (written) => '\0'.repeat(written.length));
  const before = blanked.slice(0, start);
  const isInBraces = before.split(/[{[]/).length > before.split(/[}\]]/).length;
  if (!isInBraces || quote === '[') return line.length;
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

/** Whether the line goes on with the value of a secret key that stands on an earlier line. */
function isWithinSecret(lines: readonly string[], index: number): boolean {
  const line = lines[index] ?? '';
  if (!/\w/.test(line) || isPublic(line.replace(/^[\s-]+/, '').trimEnd())) return false;
  for (let current = index; current >= 0; current -= 1) {
    const owner = keyOfLine.exec(lines[current] ?? '');
    if (owner === null) continue;
    const [written, name = ''] = owner;
    const isListOfKeys = name === 'keys' && /^\s*\[?\s*(?:#.*)?$/.test((lines[current] ?? '').slice(written.length));
    if (isListOfKeys && /^\s*(?:-\s+)?\{/.test(line)) return false;
    return current < index && resemblesSecretName(name);
  }
  return false;
}

/** A place in a text. Lines and columns count from 1, columns in UTF-16 units. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The line as it may be shown: secrets in it are masked. */
  readonly lineText: string;
  /** Where the column is in `lineText`, if masks may have moved it. */
  readonly shownColumn?: number;
}

/** A place that is no text: a flag, a variable, a value made by a program. */
export interface Label {
  readonly label: string;
}

export type Location = Position | Label;

/** One thing that is wrong with a configuration, for the person who must correct it. */
export interface Issue {
  /** Such as `routes[0].match.path`; empty for the whole document. */
  readonly path: string;
  /** What is wrong and what to do. */
  readonly message: string;
  readonly location?: Location;
  /** What was probably meant. */
  readonly suggestion?: string;
  /** The number of the lint, such as `SL002`, where this is no error but a finding. */
  readonly lint?: string;
}

export function isPosition(location: Location | undefined): location is Position {
  return location !== undefined && 'line' in location;
}

/** By line and column; issues without a position keep their order and come last. */
export function sortIssues(issues: readonly Issue[]): Issue[] {
  return issues.toSorted((left, right) => {
    const leftPlace = isPosition(left.location) ? left.location : undefined;
    const rightPlace = isPosition(right.location) ? right.location : undefined;
    if (leftPlace === undefined || rightPlace === undefined) {
      return Number(leftPlace === undefined) - Number(rightPlace === undefined);
    }
    return leftPlace.line - rightPlace.line || leftPlace.column - rightPlace.column;
  });
}

/** Of very many, the first are enough to begin with. */
export const mostToldIssues = 100;

/**
 * Issues as text: `file:line:column: path: message`, the line with a caret under the place, and the suggestion. Of more
 * than `mostToldIssues` the number of the others. No newline at the end.
 */
export function formatIssues(issues: readonly Issue[]): string {
  const told = issues.slice(0, mostToldIssues).map(formatIssue);
  const others = issues.length - told.length;
  return (others === 0 ? told : [...told, `and ${others} more`]).join('\n');
}

function formatIssue({ path, message, location, suggestion, lint }: Issue): string {
  const parts: string[] = [];
  if (isPosition(location)) parts.push(`${location.file}:${location.line}:${location.column}`);
  else if (location !== undefined) parts.push(location.label);
  if (path !== '') parts.push(path);
  parts.push(lint === undefined ? message : `${message} [${lint}]`);
  const lines = [parts.join(': ')];
  if (isPosition(location) && location.lineText.trim() !== '') lines.push(...excerpt(location));
  if (suggestion !== undefined) lines.push(`  did you mean "${suggestion}"?`);
  return lines.map(printable).join('\n');
}

const excerptCharacters = 100;

function excerpt({ lineText, column, shownColumn = column }: Position): string[] {
  const caret = Math.min(shownColumn - 1, lineText.length);
  const start = caret < excerptCharacters ? 0 : caret - excerptCharacters / 2;
  const before = start === 0 ? '' : '…';
  const after = lineText.length > start + excerptCharacters ? '…' : '';
  const text = lineText.slice(start, start + excerptCharacters).replaceAll('\t', ' ');
  return [`  ${before}${text.trimEnd()}${after}`, `  ${' '.repeat(before.length + caret - start)}^`];
}

/** Control and direction characters could redraw the reader's terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters that must go
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\u00b7');
}

import type { Complaint } from './complaint.ts';
import { formatPath, pathKey, type DocumentPath } from './document-path.ts';
import { interpolate, type VariableReference, type Variables } from './interpolate.ts';
import { isPosition, type Issue, type Location, type Position } from './issues.ts';
import { createRedactedLines } from './redacted-line.ts';

/** A configuration before it is checked, from whichever door it came. */
export interface Document {
  /** Mappings, lists, strings, numbers, booleans and null. */
  readonly value: unknown;
  /** The file as the user named it, or a label. */
  readonly source: string;
  /** The files that it was made of: a change of one makes another document. */
  readonly files: readonly string[];
  /**
   * Where the value (or its key) at this path was written; for a path that is not in the document, where the nearest
   * enclosing thing is.
   */
  locate(path: DocumentPath, part?: 'key' | 'value'): Location;
  /**
   * Where the value at this path comes from, for a document that was not written as such: the name of a flag or variable,
   * with what it is where that was not given. Without it, the place of a value is its origin.
   */
  readonly originOf?: (path: DocumentPath) => string;
  /** Keys (`pathKey`) of scalars that are one whole `${…}`: they may stand for a number or a boolean too. */
  readonly retypable: ReadonlySet<string>;
  /** The variables that a scalar was filled in from, by the `pathKey` of the scalar. */
  readonly references: ReadonlyMap<string, readonly VariableReference[]>;
  /** What stands for a scalar in a file that its variables are filled in from, by the `pathKey` of the scalar. */
  readonly texts: ReadonlyMap<string, string>;
  /** Keys (`pathKey`) of scalars that are secret because of the variable that they were filled in from. */
  readonly secrets: ReadonlySet<string>;
  /** What was found wrong while the document was made, such as variables that are not set. */
  readonly issues: readonly Issue[];
  /** The numbers of the lints that comments switch off, by the number of the line that they stand for. */
  readonly ignoredLints: ReadonlyMap<number, readonly string[]>;
}

/** Whether it was read from a text, so that every value has a place in it. */
export function isTextDocument(document: Pick<Document, 'locate'>): boolean {
  return isPosition(document.locate([]));
}

/** Offsets into the text, in UTF-16 units. For an item of a list both are the item's. */
export interface Span {
  readonly key: number;
  readonly value: number;
}

/** A parsed text: its value, and where each part of it was written. */
export interface ParsedText {
  readonly value: unknown;
  find(path: DocumentPath): Span | undefined;
}

/** What a program or another door has put together; `label` names it in issues. */
export function documentFromValue(value: unknown, label: string): Document {
  return {
    value,
    source: label,
    files: [],
    locate: () => ({ label }),
    retypable: new Set(),
    references: new Map(),
    texts: new Map(),
    secrets: new Set(),
    issues: [],
    ignoredLints: new Map(),
  };
}

export interface DocumentOrigin {
  readonly source: string;
  readonly files: readonly string[];
  readonly locate: Document['locate'];
  /** For `${NAME}`. */
  readonly variables: Variables;
}

/** The document of a value in which variables are still to be filled in. */
export function fillDocument(written: unknown, { variables, ...origin }: DocumentOrigin): Document {
  const { complaints, ...filled } = interpolate(written, variables);
  const { locate } = origin;
  const issues = complaints.map((complaint) => createIssue({ locate }, complaint.path, complaint));
  return { ...filled, ...origin, issues, ignoredLints: new Map() };
}

/** Turns offsets into positions whose lines are safe to show. */
export function createPositions(file: string, text: string): (offset: number) => Position {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const starts = [0];
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) starts.push(index + 1);
  const redacted = createRedactedLines(lines);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const column = offset - (starts[low] ?? 0) + 1;
    const { text: lineText, shownColumn } = redacted(low);
    return { file, line: low + 1, column, lineText, shownColumn: shownColumn(column) };
  };
}

export function createLocate(parsed: ParsedText, position: (offset: number) => Position): Document['locate'] {
  return (path, part = 'value') => {
    const exact = parsed.find(path);
    if (exact !== undefined) return position(exact[part]);
    for (let length = path.length - 1; length >= 0; length -= 1) {
      const enclosing = parsed.find(path.slice(0, length));
      if (enclosing !== undefined) return position(enclosing.key);
    }
    return position(0);
  };
}

export function createIssue(document: Pick<Document, 'locate'>, path: DocumentPath, complaint: Complaint): Issue {
  const { message, suggestion, part } = complaint;
  return {
    path: formatPath(path),
    message,
    location: document.locate(path, part),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** Whether a value at this path may not be shown because of the variable behind it. */
export function isSecretValue(document: Pick<Document, 'secrets'>, path: DocumentPath): boolean {
  return document.secrets.has(pathKey(path));
}

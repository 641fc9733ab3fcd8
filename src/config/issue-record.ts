import { isPosition, mostToldIssues, type Issue } from './issues.ts';

/** An issue for a program; what is not known is null. */
export interface IssueRecord {
  /** The file, or another place such as the name of a variable. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** Empty for the whole document. */
  readonly path: string;
  readonly message: string;
  readonly suggestion: string | null;
}

export function recordIssue({ path, message, location, suggestion }: Issue): IssueRecord {
  const place = isPosition(location)
    ? { file: location.file, line: location.line, column: location.column }
    : { file: location?.label ?? null, line: null, column: null };
  return { ...place, path, message, suggestion: suggestion ?? null };
}

/** The first issues for a program, at most `mostToldIssues`. */
export function recordIssues(issues: readonly Issue[]): IssueRecord[] {
  return issues.slice(0, mostToldIssues).map(recordIssue);
}

/** An issue as one line for a log: `file:line:column: path: message`. */
export function issueLine(issue: Issue): string {
  const { file, line, column, path, message, suggestion } = recordIssue(issue);
  const place = file === null || line === null ? file : `${file}:${line}:${column}`;
  const hint = suggestion === null ? '' : ` (did you mean "${suggestion}"?)`;
  const number = issue.lint === undefined ? '' : ` [${issue.lint}]`;
  return [place, path, `${message}${number}`].filter((part) => part !== null && part !== '').join(': ') + hint;
}

/** Issues as one line for a log, at most `mostToldIssues` of them. */
export function issueLines(issues: readonly Issue[]): string {
  const told = issues.slice(0, mostToldIssues).map(issueLine);
  const others = issues.length - told.length;
  return (others === 0 ? told : [...told, `and ${others} more`]).join('; ');
}

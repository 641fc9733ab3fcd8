import { isPosition, type Issue } from '../config/issues.ts';

/** An issue for a program; what is not known is null. */
export function describeIssue({ path, message, location, suggestion }: Issue): object {
  const place = isPosition(location)
    ? { file: location.file, line: location.line, column: location.column }
    : { file: location?.label ?? null, line: null, column: null };
  return { ...place, path, message, suggestion: suggestion ?? null };
}

import type { z } from 'zod';
import type { FieldError } from '../core/problem.ts';
import { nearest } from '../lib/edit-distance.ts';

/** More say nothing that these do not. */
const mostErrors = 20;
/** A body may hold thousands of unknown fields. */
const mostUnknown = 3;

/**
 * What is wrong with a body, field by field. Nothing of the body is repeated: a field that is not known is told by what
 * its name most resembles. `known` are the names that the body may have.
 */
export function listFieldErrors(issues: readonly z.core.$ZodIssue[], known: readonly string[]): FieldError[] {
  return issues
    .flatMap((issue): FieldError[] => {
      if (issue.code === 'unrecognized_keys')
        return issue.keys.slice(0, mostUnknown).map((key) => unknownField(key, known));
      return [{ field: issue.path.length === 0 ? 'body' : issue.path.join('.'), message: issue.message }];
    })
    .slice(0, mostErrors);
}

function unknownField(key: string, known: readonly string[]): FieldError {
  const meant = nearest(key, known);
  if (meant !== undefined) return { field: meant, message: `expected this name; a similar one is not known` };
  return { field: 'body', message: `it has a field that is not known; the fields are ${known.join(', ')}` };
}

/** All errors in one line. */
export function describeFieldErrors(errors: readonly FieldError[]): string {
  return errors.map(({ field, message }) => `${field}: ${message}.`).join(' ');
}

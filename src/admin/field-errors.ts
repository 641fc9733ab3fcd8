import type { z } from 'zod';
import type { FieldError } from '../core/problem.ts';
import { nearest } from '../lib/edit-distance.ts';

/** More say nothing that these do not. */
const mostErrors = 20;
/** A body may hold thousands of unknown fields. */
const mostUnknown = 3;

/** What is said of a field that has to be there and is not. */
const missing = 'is required';

/** What to say of a field that is no text, or is not there. */
export function textError({ input }: { readonly input?: unknown }): string {
  return input === undefined ? missing : 'expected a text';
}

/** What to say of a body that is no object; unknown fields have texts of their own. */
export function objectError({ code }: { readonly code?: string | undefined }): string | undefined {
  return code === 'invalid_type' ? 'expected an object' : undefined;
}

/**
 * What is wrong with a body, field by field. Nothing of the body is repeated but the name of a field that resembles a
 * known one: what is known by then is no secret. `known` are the names that the body may have.
 */
export function listFieldErrors(issues: readonly z.core.$ZodIssue[], known: readonly string[]): FieldError[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.slice(0, mostUnknown).map((key) => createUnknown(key, known)) : [],
  );
  const others = issues.flatMap((issue): FieldError[] =>
    issue.code === 'unrecognized_keys'
      ? []
      : [{ field: issue.path.length === 0 ? 'body' : issue.path.join('.'), message: issue.message }],
  );
  // A field that is there under a wrong name is not missing besides.
  const isMeant = ({ field, message }: FieldError) =>
    message === missing && unknown.some(({ meant }) => meant === field);
  return [...unknown.map(({ error }) => error), ...others.filter((error) => !isMeant(error))].slice(0, mostErrors);
}

interface UnknownField {
  readonly error: FieldError;
  readonly meant: string | undefined;
}

function createUnknown(key: string, known: readonly string[]): UnknownField {
  const meant = nearest(key, known);
  if (meant !== undefined && /^[\w-]{1,64}$/.test(key)) {
    return { error: { field: key, message: `unknown field; did you mean "${meant}"?` }, meant };
  }
  const message = `it has a field that is not known; the fields are ${known.join(', ')}`;
  return { error: { field: 'body', message }, meant };
}

/** All errors in one line. */
export function describeFieldErrors(errors: readonly FieldError[]): string {
  return errors.map(({ field, message }) => `${field}: ${message}${message.endsWith('?') ? '' : '.'}`).join(' ');
}

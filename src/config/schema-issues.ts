import type { z } from 'zod';
import { nearest } from '../lib/edit-distance.ts';
import type { Complaint } from './complaint.ts';
import { createIssue, isSecretValue, type Document } from './document.ts';
import { formatPath, pathKey, valueAt, withValueAt, type DocumentPath } from './document-path.ts';
import type { Issue } from './issues.ts';
import { describeValue, isSecretPath } from './secrets.ts';

/** How what is said of a value that is not there begins. */
const missing = 'is required';

type SchemaIssue = z.core.$ZodIssue;

export interface CheckedParts {
  readonly document: Document;
  /** The value that was checked. */
  readonly root: unknown;
  readonly schema: z.core.$ZodType;
}

/** Turns what the schema found into issues for people. That a misspelled key is missing is not told too. */
export function createSchemaIssues(found: readonly SchemaIssue[], parts: CheckedParts): Issue[] {
  const { document, root, schema } = parts;
  const meant = findMeantKeys(found, parts);
  const issues = flatten(found).flatMap((issue) => {
    const path = documentPath(issue.path);
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, path);
      return issue.keys.map((key) => createIssue(document, [...path, key], describeUnknownKey(key, known)));
    }
    const secret = isSecretPath(path) || isSecretValue(document, path);
    return [createIssue(document, path, describe(issue, valueAt(root, path), secret))];
  });
  return issues.filter(({ path, message }) => !(message.startsWith(missing) && meant.has(path)));
}

/** The paths of the keys that keys which are not known were probably meant to be. */
export function findMeantKeys(
  found: readonly SchemaIssue[],
  { schema }: Pick<CheckedParts, 'schema'>,
): ReadonlySet<string> {
  const paths = flatten(found).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [];
    const path = documentPath(issue.path);
    const known = knownKeys(schema, path);
    return issue.keys.flatMap((key) => {
      const meant = nearest(key, known);
      return meant === undefined ? [] : [formatPath([...path, meant])];
    });
  });
  return new Set(paths);
}

function describe(issue: SchemaIssue, value: unknown, secret: boolean): Complaint {
  if (issue.code === 'invalid_key') {
    return { message: issue.issues[0]?.message ?? issue.message, part: 'key' };
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map((allowedValue) => String(allowedValue));
    const expected = allowed.length === 1 ? `expected "${allowed[0]}"` : `expected one of ${allowed.join(', ')}`;
    return withGot({ message: expected, ...suggest(value, allowed) }, value, secret);
  }
  if (issue.code === 'invalid_union') {
    return withGot({ message: issue.message, ...suggest(value, allowedTexts(issue)) }, value, secret);
  }
  const suggestion = issue.code === 'custom' ? (issue.params?.['suggestion'] as unknown) : undefined;
  const complaint = { message: issue.message, ...(typeof suggestion === 'string' && !secret ? { suggestion } : {}) };
  return withGot(complaint, value, secret);
}

/** What the forms that are fixed texts may be. */
function allowedTexts(issue: Extract<SchemaIssue, { code: 'invalid_union' }>): string[] {
  return issue.errors
    .flat()
    .flatMap((one) => (one.code === 'invalid_value' && one.path.length === 0 ? one.values : []))
    .filter((allowed) => typeof allowed === 'string');
}

function withGot(complaint: Complaint, value: unknown, secret: boolean): Complaint {
  const { message } = complaint;
  if (value === undefined) return { ...complaint, message: `${missing}: ${message}` };
  if (!message.startsWith('expected')) return complaint;
  return { ...complaint, message: `${message}, got ${describeValue(value, secret)}` };
}

function describeUnknownKey(key: string, known: readonly string[]): Complaint {
  const suggestion = nearest(key, known);
  if (suggestion !== undefined) return { message: 'unknown key', suggestion, part: 'key' };
  return { message: `unknown key; known here: ${known.join(', ')}`, part: 'key' };
}

function suggest(value: unknown, allowed: readonly string[]): { suggestion?: string } {
  const suggestion = typeof value === 'string' ? nearest(value, allowed) : undefined;
  return suggestion === undefined ? {} : { suggestion };
}

/**
 * Where one of several forms is allowed: the issues of the one form that the value has the type of, or else one issue
 * that names the forms.
 */
function flatten(found: readonly SchemaIssue[], prefix: readonly PropertyKey[] = []): SchemaIssue[] {
  return found.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union') {
      const fitting = issue.errors.filter((form) => !form.some(isOfOtherType));
      if (fitting.length === 1) return flatten(fitting[0] ?? [], path);
    }
    return [{ ...issue, path }];
  });
}

function isOfOtherType(issue: SchemaIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

/**
 * The tree with numbers and booleans where the schema asked for them and the document has one whole `${…}` whose text
 * reads as such; the same tree if there are none.
 */
export function retypeReferences(found: readonly SchemaIssue[], document: Document, root: unknown): unknown {
  let result = root;
  for (const [path, wanted] of wantedTypes(found, [])) {
    const text = valueAt(result, path);
    if (typeof text !== 'string' || !document.retypable.has(pathKey(path))) continue;
    if (wanted === 'number' && /^-?\d+(?:\.\d+)?$/.test(text)) result = withValueAt(result, path, Number(text));
    if (wanted === 'boolean' && /^(?:true|false)$/.test(text)) result = withValueAt(result, path, text === 'true');
  }
  return result;
}

function wantedTypes(
  found: readonly SchemaIssue[],
  prefix: readonly PropertyKey[],
): [DocumentPath, 'number' | 'boolean'][] {
  return found.flatMap((issue): [DocumentPath, 'number' | 'boolean'][] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union') return issue.errors.flatMap((form) => wantedTypes(form, path));
    if (issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int')) {
      return [[documentPath(path), 'number']];
    }
    const wantsBoolean =
      (issue.code === 'invalid_type' && issue.expected === 'boolean') ||
      (issue.code === 'invalid_value' && issue.values.some((value) => typeof value === 'boolean'));
    return wantsBoolean ? [[documentPath(path), 'boolean']] : [];
  });
}

function documentPath(path: readonly PropertyKey[]): DocumentPath {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

/** What is read before it is checked, is checked behind. */
function isTransform(schema: z.core.$ZodType): boolean {
  return (schema as z.core.$ZodTypes)._zod.def.type === 'transform';
}

/** The keys that the schema knows in the mapping at this path. */
function knownKeys(schema: z.core.$ZodType, path: DocumentPath): string[] {
  const [step, ...rest] = path;
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'object': {
      if (step === undefined) return Object.keys(def.shape);
      const child = Object.hasOwn(def.shape, step) ? def.shape[step] : undefined;
      return child === undefined ? [] : knownKeys(child, rest);
    }
    case 'array':
      return knownKeys(def.element, rest);
    case 'record':
      return knownKeys(def.valueType, rest);
    case 'union':
      return def.options.flatMap((option) => knownKeys(option, path));
    case 'pipe':
      return knownKeys(isTransform(def.in) ? def.out : def.in, path);
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return knownKeys(def.innerType, path);
    default:
      return [];
  }
}

import type { DocumentPath } from '../config/document-path.ts';

/** What of a value is no plain data, and where. */
export interface PlainProblem {
  readonly path: DocumentPath;
  readonly message: string;
}

const maxDepth = 64;

/**
 * A copy of mappings, lists, strings, numbers, booleans and null. Keys whose value is undefined are left out; in the
 * place of anything else there is null, and a problem that says what to write.
 */
export function copyPlainValue(value: unknown): { value: unknown; problems: PlainProblem[] } {
  const problems: PlainProblem[] = [];
  return { value: copy(value, [], problems), problems };
}

function copy(value: unknown, path: DocumentPath, problems: PlainProblem[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const problem = path.length > maxDepth ? `nested more than ${maxDepth} deep` : findProblem(value);
  if (problem !== undefined) {
    problems.push({ path: path.slice(0, maxDepth / 8), message: problem });
    return null;
  }
  if (Array.isArray(value)) return value.map((item: unknown, index) => copy(item, [...path, index], problems));
  const written = Object.entries(value as object).filter(([, child]) => child !== undefined);
  return Object.fromEntries(written.map(([key, child]) => [key, copy(child, [...path, key], problems)] as const));
}

function findProblem(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value) || prototype === null || prototype === Object.prototype) return undefined;
    if (value instanceof URL) return 'expected plain data, got a URL: write its "href"';
    if (value instanceof Promise) return 'expected plain data, got a promise: write "await" before it';
    return `expected plain data, got an object of the class ${JSON.stringify(value.constructor.name)}`;
  }
  if (value === undefined) return 'expected plain data, got undefined';
  if (typeof value === 'number') return `expected plain data, got ${value}`;
  return `expected plain data, got a ${typeof value}`;
}

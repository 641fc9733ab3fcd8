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
  return { value: new PlainCopy(problems).copy(value, []), problems };
}

class PlainCopy {
  readonly #problems: PlainProblem[];
  /** What the value that is copied lies within: one that holds itself, perhaps in many places, has no end. */
  readonly #around = new Set<object>();

  constructor(problems: PlainProblem[]) {
    this.#problems = problems;
  }

  copy(value: unknown, path: DocumentPath): unknown {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    const problem = this.#findDepth(value, path) ?? findProblem(value);
    if (problem !== undefined) {
      this.#problems.push({ path: path.slice(0, maxDepth / 8), message: problem });
      return null;
    }
    const container = value as object;
    this.#around.add(container);
    const copied = Array.isArray(value)
      ? value.map((item: unknown, index) => this.copy(item, [...path, index]))
      : this.#copyMapping(container, path);
    this.#around.delete(container);
    return copied;
  }

  #copyMapping(mapping: object, path: DocumentPath): object {
    const written = Object.entries(mapping).filter(([, child]) => child !== undefined);
    return Object.fromEntries(written.map(([key, child]) => [key, this.copy(child, [...path, key])] as const));
  }

  #findDepth(value: unknown, path: DocumentPath): string | undefined {
    if (typeof value === 'object' && value !== null && this.#around.has(value)) return 'this value holds itself';
    return path.length > maxDepth ? `nested more than ${maxDepth} deep` : undefined;
  }
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

import type { Complaint } from './complaint.ts';
import { pathKey, type DocumentPath } from './document-path.ts';
import { isSecretName } from './secrets.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface InterpolationComplaint extends Complaint {
  readonly path: DocumentPath;
}

/** A variable that a text was filled in from. */
export interface VariableReference {
  readonly name: string;
  /** Whether it was not set or empty, so that what stands behind `:-` counts. */
  readonly isDefault: boolean;
}

export interface Interpolated {
  readonly value: unknown;
  /** Keys (`pathKey`) of scalars that are one whole reference. */
  readonly retypable: ReadonlySet<string>;
  /** The variables in each scalar that has any, by the `pathKey` of the scalar. */
  readonly references: ReadonlyMap<string, readonly VariableReference[]>;
  /** Those scalars as they were written. */
  readonly texts: ReadonlyMap<string, string>;
  /** Keys (`pathKey`) of scalars that hold a variable with the name of a secret. */
  readonly secrets: ReadonlySet<string>;
  readonly complaints: readonly InterpolationComplaint[];
}

const maxDepth = 64;
/** Where it is assigned to, it is no key of an object but stands for what the object inherits from. */
const unsafeKey = '__proto__';
export const unsafeKeyMessage = 'this name cannot be a key: choose another';
const reference = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const wholeReference = /^\$\{[^}]*\}$/;
const referenceBody = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/;

/**
 * Fills in `${NAME}` and `${NAME:-default}` in every string of the tree, not in keys. The default stands for a variable
 * that is not set or is empty; `$${` stands for a literal `${`. What a variable holds is text: it cannot add structure.
 */
export function interpolate(value: unknown, variables: Variables): Interpolated {
  const walk = new InterpolationWalk(variables);
  return {
    value: walk.visit(value, []),
    retypable: walk.retypable,
    references: walk.references,
    texts: walk.texts,
    secrets: walk.secrets,
    complaints: walk.complaints,
  };
}

class InterpolationWalk {
  readonly retypable = new Set<string>();
  readonly references = new Map<string, VariableReference[]>();
  readonly texts = new Map<string, string>();
  readonly secrets = new Set<string>();
  readonly complaints: InterpolationComplaint[] = [];
  readonly #variables: Variables;
  /** What the value that is visited lies within. */
  readonly #around = new Set<object>();
  readonly #tooDeep = new Set<string>();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  visit(value: unknown, path: DocumentPath): unknown {
    if (typeof value === 'string') return value.includes('${') ? this.#fill(value, path) : value;
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    // A YAML anchor may contain itself, in more than one place.
    if (path.length >= maxDepth || this.#around.has(value)) {
      this.#tellDepth(path.slice(0, 3));
      return null;
    }
    this.#around.add(value);
    const filled = Array.isArray(value)
      ? value.map((item: unknown, index) => this.visit(item, [...path, index]))
      : this.#visitMapping(value, path);
    this.#around.delete(value);
    return filled;
  }

  #visitMapping(value: object, path: DocumentPath): object {
    if (Object.hasOwn(value, unsafeKey)) {
      this.complaints.push({ path: [...path, unsafeKey], message: unsafeKeyMessage, part: 'key' });
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, this.visit(child, [...path, key])] as const),
    );
  }

  /** What is too deep is so on many ways down, which all begin at the same place. */
  #tellDepth(path: DocumentPath): void {
    const key = pathKey(path);
    if (this.#tooDeep.has(key)) return;
    this.#tooDeep.add(key);
    this.complaints.push({ path, message: `nested more than ${maxDepth} deep`, part: 'key' });
  }

  #fill(text: string, path: DocumentPath): string {
    if (wholeReference.test(text)) this.retypable.add(pathKey(path));
    const filled = text.replace(reference, (written: string, body: string | undefined) => {
      if (written === '$${') return '${';
      return this.#resolve(written, body, path);
    });
    const key = pathKey(path);
    if (this.references.has(key)) this.texts.set(key, text);
    return filled;
  }

  #resolve(written: string, body: string | undefined, path: DocumentPath): string {
    const match = body === undefined ? null : referenceBody.exec(body);
    const name = match?.[1];
    if (name === undefined) {
      this.complaints.push({
        path,
        message: 'expected ${NAME} or ${NAME:-default}; a literal ${ is written $${',
      });
      return written;
    }
    const key = pathKey(path);
    const fallback = match?.[2];
    const value = Object.hasOwn(this.#variables, name) ? this.#variables[name] : undefined;
    const isDefault = value === undefined || (value === '' && fallback !== undefined);
    this.references.set(key, [...(this.references.get(key) ?? []), { name, isDefault }]);
    if (isSecretName(name)) this.secrets.add(key);
    if (value === undefined && fallback === undefined) {
      this.complaints.push({
        path,
        message: describeUnset(name),
      });
      return written;
    }
    return isDefault ? (fallback ?? '') : value;
  }
}

/** A default of a secret would be a secret in clear. */
function describeUnset(name: string): string {
  const other = isSecretName(name) ? '' : `, or write \${${name}:-default}`;
  return `the environment variable ${name} is not set: set it${other}`;
}

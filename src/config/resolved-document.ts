import { z } from 'zod';
import type { PolicyDefinition } from '../core/policy.ts';
import { isSecretValue, type Document } from './document.ts';
import { pathKey, type DocumentPath } from './document-path.ts';
import { isPosition } from './issues.ts';
import { createConfigSchema } from './schema.ts';
import { isSecretPlace, mask, maskCredentials } from './secrets.ts';
import { hideWritten } from './written-secrets.ts';

/** A value of a configuration with all defaults, as the language writes it, and where each part comes from. */
export type ResolvedValue =
  | {
      readonly kind: 'scalar';
      readonly value: Scalar;
      readonly origin: string;
      /** Whether it is a text with references such as `${ADMIN_PASSWORD}`, which stands in the place of a secret. */
      readonly isReference: boolean;
    }
  | { readonly kind: 'list'; readonly items: readonly ResolvedValue[]; readonly origin: string }
  | { readonly kind: 'mapping'; readonly entries: readonly ResolvedEntry[]; readonly origin: string };

export type Scalar = string | number | boolean | null;
export type ResolvedEntry = readonly [key: string, value: ResolvedValue];

interface Place {
  readonly schema: z.core.$ZodType;
  readonly value: unknown;
  readonly path: DocumentPath;
  /** Whether a default has put it there. */
  readonly isDefault: boolean;
  /** Whether what it lies in is not to be shown. */
  readonly isSecret: boolean;
}

/**
 * What a document says, with every default filled in. A secret that comes from a variable is the reference to it; others
 * are masked.
 *
 * @param document one that `loadConfig` has found to be right
 * @param written its value as `loadConfig` returns it
 */
export function resolveDocument(
  document: Document,
  written: unknown,
  policies: readonly PolicyDefinition[],
): ResolvedValue {
  const schema = createConfigSchema(policies);
  const resolved = new DocumentWalk(document).visit({
    schema,
    value: written,
    path: [],
    isDefault: false,
    isSecret: false,
  });
  return resolved ?? { kind: 'mapping', entries: [], origin: document.source };
}

/** Where texts are that the schema of a policy says are secret, by their `pathKey`; see `resolveDocument`. */
export function findMarkedSecrets(
  document: Document,
  written: unknown,
  policies: readonly PolicyDefinition[],
): ReadonlySet<string> {
  const walk = new DocumentWalk(document);
  walk.visit({ schema: createConfigSchema(policies), value: written, path: [], isDefault: false, isSecret: false });
  return walk.marked;
}

class DocumentWalk {
  readonly marked = new Set<string>();
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  /** Undefined for what may be left out and is. */
  visit(place: Place): ResolvedValue | undefined {
    const { value } = place;
    const { def } = (place.schema as z.core.$ZodTypes)._zod;
    const within = isMarkedSecret(place.schema) ? { ...place, isSecret: true } : place;
    switch (def.type) {
      case 'default':
      case 'prefault':
        if (value !== undefined) return this.visit({ ...within, schema: def.innerType });
        return this.visit({ ...within, schema: def.innerType, value: def.defaultValue, isDefault: true });
      case 'optional':
        return value === undefined ? undefined : this.visit({ ...within, schema: def.innerType });
      case 'nullable':
        return value === null ? this.#scalar(within) : this.visit({ ...within, schema: def.innerType });
      case 'pipe': {
        const first = (def.in as z.core.$ZodTypes)._zod.def;
        if (first.type !== 'transform') return this.visit({ ...within, schema: def.in });
        return this.visit({ ...within, schema: def.out, value: value ?? {} });
      }
      case 'union': {
        const form = def.options.find((option) => z.safeParse(option, value).success);
        return form === undefined ? this.#scalar(within) : this.visit({ ...within, schema: form });
      }
      case 'object':
        return this.#mapping(within, Object.entries(def.shape));
      case 'record':
        return this.#mapping(
          within,
          Object.keys(value as object).map((key) => [key, def.valueType] as const),
        );
      case 'array':
        return this.#list(within, def.element);
      default:
        return this.#scalar(within);
    }
  }

  #mapping(place: Place, shape: readonly (readonly [string, z.core.$ZodType])[]): ResolvedValue {
    const value = place.value as Readonly<Record<string, unknown>>;
    const entries = shape.flatMap(([key, schema]): ResolvedEntry[] => {
      const child = Object.hasOwn(value, key) ? value[key] : undefined;
      const resolved = this.visit({ ...place, schema, value: child, path: [...place.path, key] });
      return resolved === undefined ? [] : [[key, resolved]];
    });
    return { kind: 'mapping', entries, origin: this.#originOf(place) };
  }

  #list(place: Place, schema: z.core.$ZodType): ResolvedValue {
    const items = (place.value as readonly unknown[]).flatMap((value, index) => {
      const resolved = this.visit({ ...place, schema, value, path: [...place.path, index] });
      return resolved === undefined ? [] : [resolved];
    });
    return { kind: 'list', items, origin: this.#originOf(place) };
  }

  #scalar(place: Place): ResolvedValue {
    return { kind: 'scalar', ...this.#shown(place), origin: this.#originOf(place) };
  }

  #shown({ value, path, isSecret: isMarked }: Place): { value: Scalar; isReference: boolean } {
    if (typeof value !== 'string') return { value: value as Scalar, isReference: false };
    if (isMarked) this.marked.add(pathKey(path));
    const isSecret = isMarked || isSecretPlace(path);
    const shown = isSecret ? mask : maskCredentials(value);
    // A variable with such a name may have put a secret where none is expected.
    if (shown === value && !isSecretValue(this.#document, path)) return { value, isReference: false };
    const written = this.#document.texts.get(pathKey(path));
    if (written !== undefined) return { value: hideWritten(written, isSecret), isReference: true };
    return { value: shown === value ? mask : shown, isReference: false };
  }

  #originOf({ path, isDefault: isLeftOut }: Place): string {
    if (isLeftOut) return 'default';
    const { originOf } = this.#document;
    if (originOf !== undefined) return originOf(path);
    const location = this.#document.locate(path);
    const place = isPosition(location) ? `${location.file}:${location.line}:${location.column}` : location.label;
    const references = this.#document.references.get(pathKey(path)) ?? [];
    const names = references.map(({ name, isDefault }) => `\${${name}}${isDefault ? ', its default' : ''}`);
    return [place, ...new Set(names)].join(', ');
  }
}

/** `.meta({ writeOnly: true })` is how JSON Schema says that something is not to be read. */
function isMarkedSecret(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.['writeOnly'] === true;
}

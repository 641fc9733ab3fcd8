import { z } from 'zod';
import type { PolicyDefinition } from '../core/policy.ts';
import { createConfigSchema } from './schema.ts';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

// What editors understand best: yaml-language-server, VS Code and taplo all read it.
const target = 'draft-7';

const definitions = {
  variable: {
    description: 'A text with ${NAME} or ${NAME:-default}, which is filled in from the environment.',
    type: 'string',
    pattern: '\\$\\{[^}]*\\}',
  },
  wholeVariable: {
    description: 'One whole ${NAME} or ${NAME:-default}, which is filled in from the environment.',
    type: 'string',
    pattern: '^\\$\\{[^}]*\\}$',
  },
};

const annotations = ['title', 'description', 'default', 'examples'];

/**
 * The JSON Schema (draft 7) of the configuration language, for editors. It takes all that the language takes; what the
 * language says of the meaning of a document, such as names that lead nowhere, it cannot say.
 *
 * @param policies those that a configuration may use
 */
export function createJsonSchema(policies: readonly PolicyDefinition[]): JsonSchema {
  const written = z.toJSONSchema(createConfigSchema(policies), {
    io: 'input',
    target,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema, path }) => {
      // How many cores there are is not for all machines the same.
      if (path.join('/') === 'properties/workers') delete jsonSchema.default;
      // Only options of a policy are read before they are checked: `- api_key:` has all the defaults.
      const { def } = zodSchema._zod;
      const isOptions = def.type === 'pipe' && (def.in as z.core.$ZodTypes)._zod.def.type === 'transform';
      if (isOptions && jsonSchema.type === 'object') (jsonSchema as { type: unknown }).type = ['object', 'null'];
    },
  });
  const { $schema, ...rest } = allowVariables(written);
  return {
    $schema,
    title: 'Sluice configuration',
    description: 'See docs/configuration.md.',
    ...rest,
    definitions,
  };
}

/** The same schema with `${…}` wherever the language takes it. */
function allowVariables(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema['anyOf'])) return allowInForms(schema, schema['anyOf'] as JsonSchema[]);
  const variable = variableFor(schema);
  if (variable === null) return allowInParts(schema);
  const outside = Object.entries(schema).filter(([key]) => annotations.includes(key));
  const inside = Object.entries(schema).filter(([key]) => !annotations.includes(key));
  return { ...Object.fromEntries(outside), anyOf: [Object.fromEntries(inside), variable] };
}

function allowInForms(schema: JsonSchema, forms: readonly JsonSchema[]): JsonSchema {
  const variables = forms.map(variableFor).filter((variable) => variable !== null);
  // A text may hold a variable anywhere, and so be one as a whole too.
  const variable = variables.find(({ $ref }) => $ref === reference('variable').$ref) ?? variables[0];
  const own = forms.map((form) => (variableFor(form) === null ? allowVariables(form) : form));
  const takesAnyText = forms.some((form) => form['type'] === 'string' && variableFor(form) === null);
  return { ...schema, anyOf: variable === undefined || takesAnyText ? own : [...own, variable] };
}

function allowInParts(schema: JsonSchema): JsonSchema {
  const result: Record<string, unknown> = { ...schema };
  for (const key of ['items', 'additionalProperties']) {
    if (isSchema(schema[key])) result[key] = allowVariables(schema[key]);
  }
  if (isSchema(schema['properties'])) {
    const entries = Object.entries(schema['properties']) as [string, JsonSchema][];
    result['properties'] = Object.fromEntries(entries.map(([name, child]) => [name, allowVariables(child)] as const));
  }
  return result;
}

/** What else a value may be; null for one that takes any text already, or is no single value. */
function variableFor(schema: JsonSchema): { $ref: string } | null {
  const { type } = schema;
  if (type === 'number' || type === 'integer' || type === 'boolean') return reference('wholeVariable');
  if (type !== 'string') return null;
  const isNarrow = ['const', 'enum', 'pattern'].some((key) => key in schema);
  return isNarrow ? reference('variable') : null;
}

function reference(name: keyof typeof definitions): { $ref: string } {
  return { $ref: `#/definitions/${name}` };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

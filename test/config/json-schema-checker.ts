/** As much of JSON Schema (draft 7) as the schema of the configuration uses; another keyword is an error. */
export type Schema = Readonly<Record<string, unknown>>;

type Check = (value: unknown, argument: unknown, checker: SchemaChecker) => boolean;

const ignored = new Set(['$schema', 'title', 'description', 'default', 'examples', 'definitions']);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: Array.isArray,
  object: isObject,
};

/** A keyword says nothing of values that it is not for. */
const keywords: Readonly<Record<string, Check>> = {
  type: (value, names) => [names].flat().some((name) => types[String(name)]?.(value) ?? false),
  const: (value, constant) => value === constant,
  enum: (value, values) => (values as unknown[]).includes(value),
  pattern: (value, pattern) => typeof value !== 'string' || new RegExp(String(pattern), 'u').test(value),
  minLength: (value, length) => typeof value !== 'string' || value.length >= Number(length),
  maxLength: (value, length) => typeof value !== 'string' || value.length <= Number(length),
  minimum: (value, limit) => typeof value !== 'number' || value >= Number(limit),
  maximum: (value, limit) => typeof value !== 'number' || value <= Number(limit),
  exclusiveMinimum: (value, limit) => typeof value !== 'number' || value > Number(limit),
  minItems: (value, length) => !Array.isArray(value) || value.length >= Number(length),
  maxItems: (value, length) => !Array.isArray(value) || value.length <= Number(length),
  minProperties: (value, count) => !isObject(value) || Object.keys(value).length >= Number(count),
  maxProperties: (value, count) => !isObject(value) || Object.keys(value).length <= Number(count),
  required: (value, names) => !isObject(value) || (names as string[]).every((name) => Object.hasOwn(value, name)),
  items: (value, schema, checker) =>
    !Array.isArray(value) || value.every((item) => checker.accepts(item, schema as Schema)),
  propertyNames: (value, schema, checker) =>
    !isObject(value) || Object.keys(value).every((name) => checker.accepts(name, schema as Schema)),
  anyOf: (value, schemas, checker) => (schemas as Schema[]).some((schema) => checker.accepts(value, schema)),
  allOf: (value, schemas, checker) => (schemas as Schema[]).every((schema) => checker.accepts(value, schema)),
  oneOf: (value, schemas, checker) =>
    (schemas as Schema[]).filter((schema) => checker.accepts(value, schema)).length === 1,
};

export class SchemaChecker {
  readonly #root: Schema;

  constructor(root: Schema) {
    this.#root = root;
  }

  accepts(value: unknown, schema: Schema = this.#root): boolean {
    const { properties, additionalProperties, $ref, ...rest } = schema;
    if (typeof $ref === 'string') return this.accepts(value, this.#resolve($ref));
    if (isObject(value) && !this.#acceptsProperties(value, { properties, additionalProperties })) return false;
    return Object.entries(rest).every(([keyword, argument]) => {
      if (ignored.has(keyword)) return true;
      const check = keywords[keyword];
      if (check === undefined) throw new Error(`the keyword ${keyword} is not known to this checker`);
      return check(value, argument, this);
    });
  }

  #acceptsProperties(value: Readonly<Record<string, unknown>>, schema: Schema): boolean {
    const known = (schema['properties'] ?? {}) as Record<string, Schema>;
    const others = schema['additionalProperties'] as Schema | boolean | undefined;
    return Object.entries(value).every(([name, child]) => {
      const own = Object.hasOwn(known, name) ? known[name] : undefined;
      if (own !== undefined) return this.accepts(child, own);
      return typeof others === 'object' ? this.accepts(child, others) : others !== false;
    });
  }

  #resolve(reference: string): Schema {
    const name = /^#\/definitions\/(\w+)$/.exec(reference)?.[1] ?? '';
    const found = (this.#root['definitions'] as Record<string, Schema> | undefined)?.[name];
    if (found === undefined) throw new Error(`${reference} leads nowhere`);
    return found;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

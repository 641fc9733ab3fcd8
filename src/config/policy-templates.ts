import type { z } from 'zod';
import type { PolicyDefinition } from '../core/policy.ts';
import { findTemplateProblem, parametersOf, parametersUsedIn } from '../core/template.ts';
import type { CheckComplaint } from './check-complaint.ts';
import type { DocumentPath } from './document-path.ts';
import { isTemplateSchema } from './field-schemas.ts';
import { entries, field, items } from './loose-document.ts';
import { optionsSchema } from './policy-schema.ts';

interface WrittenTemplate {
  readonly path: DocumentPath;
  readonly text: string;
}

/**
 * Finds parameters in texts of policies that the path of their route does not have. It reads the document as it was
 * written, and passes over whatever is not well-formed, so that this is told together with the schema's issues.
 */
export function checkPolicyTemplates(root: unknown, policies: readonly PolicyDefinition[]): CheckComplaint[] {
  const schemas = new Map(policies.map((definition) => [definition.name, optionsSchema(definition)]));
  const common = templatesOf(field(root, 'policies'), ['policies'], schemas).flatMap(({ path, text }) => {
    const [parameter] = parametersUsedIn(text);
    const message = `a policy of all routes cannot use {${parameter}}: their paths differ`;
    return parameter === undefined ? [] : [{ path, message }];
  });
  const own = items(field(root, 'routes')).flatMap((route, index) => {
    const pattern = field(field(route, 'match'), 'path') ?? '/*';
    if (typeof pattern !== 'string') return [];
    const parameters = parametersOf(pattern);
    const written = templatesOf(field(route, 'policies'), ['routes', index, 'policies'], schemas);
    return written.flatMap(({ path, text }) => {
      const problem = findTemplateProblem(text, parameters);
      return problem === undefined ? [] : [{ path, message: problem.problem }];
    });
  });
  return [...common, ...own];
}

function templatesOf(
  list: unknown,
  path: DocumentPath,
  schemas: ReadonlyMap<string, z.core.$ZodType>,
): WrittenTemplate[] {
  return items(list).flatMap((entry, index) =>
    entries(entry).flatMap(([name, options]) => {
      const schema = schemas.get(name);
      return schema === undefined ? [] : [...findTemplates(schema, options, [...path, index, name])];
    }),
  );
}

/** The well-formed templates in a value. */
function* findTemplates(schema: z.core.$ZodType, value: unknown, path: DocumentPath): Iterable<WrittenTemplate> {
  if (isTemplateSchema(schema)) {
    if (typeof value === 'string' && findTemplateProblem(value, null) === undefined) yield { path, text: value };
    return;
  }
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'object':
      for (const [key, inner] of Object.entries(def.shape))
        yield* findTemplates(inner, field(value, key), [...path, key]);
      return;
    case 'record':
      for (const [key, inner] of entries(value)) yield* findTemplates(def.valueType, inner, [...path, key]);
      return;
    case 'array':
      for (const [index, inner] of items(value).entries()) yield* findTemplates(def.element, inner, [...path, index]);
      return;
    case 'union':
      for (const option of def.options) yield* findTemplates(option, value, path);
      return;
    case 'pipe':
      yield* findTemplates(def.in, value, path);
      return;
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      yield* findTemplates(def.innerType, value, path);
      return;
    default:
  }
}

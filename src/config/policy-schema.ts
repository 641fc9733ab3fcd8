import { z } from 'zod';
import { moduleOfPolicy, type OptionKit, type PolicyDefinition } from '../core/policy.ts';
import { parseByteSize } from '../lib/byte-size.ts';
import { fieldMap, fixedAnswer, headerName, settableField, template } from './field-schemas.ts';
import { byteSize, checkedText, cidr, duration, fraction, rate, section, wholeNumber } from './units.ts';

/** One policy of a configuration, its options checked and filled in. */
export interface PolicyConfig {
  readonly name: string;
  readonly options: unknown;
}

const kit: OptionKit = {
  z,
  section,
  flag: () => z.boolean({ error: 'expected true or false' }),
  duration,
  rate,
  wholeNumber,
  fraction,
  byteSize,
  cidr,
  text: checkedText,
  template,
  headerName,
  settableField,
  fieldMap,
  fixedAnswer,
};

/** The schema of a policy's options. */
export function optionsSchema(definition: PolicyDefinition): z.ZodType {
  return definition.options(kit);
}

/** What is wrong with a definition that somebody else wrote; undefined where it can be used. */
export function findOptionsProblem(definition: PolicyDefinition): string | undefined {
  try {
    const schema: unknown = definition.options(kit);
    if (!(schema instanceof z.ZodType)) return 'its options return no schema: return what kit.section gives';
  } catch (error) {
    return `its options throw: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { body } = definition;
  if (body === undefined || parseByteSize(body) !== undefined) return undefined;
  return `its body says ${JSON.stringify(body)}: expected a size such as 64KiB`;
}

const guarded = new WeakSet<z.ZodType>();

/**
 * Makes an issue of what the schema of a user's own policy throws while it checks options, such as out of a `refine`. It
 * changes the schema's own step, so that the schema stays what it is for whoever describes it.
 */
function guardSchema(definition: PolicyDefinition, schema: z.ZodType): z.ZodType {
  const module = moduleOfPolicy(definition);
  if (module === undefined || guarded.has(schema)) return schema;
  guarded.add(schema);
  const inside = schema._zod;
  const run = inside.run.bind(inside);
  inside.run = (payload, context) => {
    try {
      return run(payload, context);
    } catch (error) {
      const reason =
        error instanceof z.core.$ZodAsyncError
          ? 'are asynchronous: a check has to answer at once'
          : `throw: ${error instanceof Error ? error.message : String(error)}`;
      const message = `the checks that the policy "${definition.name}" of ${module} has for its options ${reason}`;
      payload.issues.push({ code: 'custom', message, input: payload.value, path: [] });
      return payload;
    }
  };
  return schema;
}

/** A list of policies, each a mapping of one policy's name to its options, as in `- rate_limit: { limit: 5/s }`. */
export function policyList(policies: readonly PolicyDefinition[]) {
  const known = policies.map((policy) => policy.name).join(', ');
  const shape = Object.fromEntries(
    // YAML reads `- api_key:` as one without a value: a policy with all its defaults.
    policies.map((policy) => [
      policy.name,
      z
        .preprocess((value) => value ?? {}, guardSchema(policy, policy.options(kit)))
        .optional()
        .describe(policy.summary),
    ]),
  );
  const single = z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'invalid_type' ? 'expected a policy such as { api_key: { required: true } }' : undefined,
    })
    .meta({ minProperties: 1, maxProperties: 1 });
  const entry = single.transform((written, context): PolicyConfig => {
    const [first, ...others] = Object.entries(written).filter(([, options]) => options !== undefined);
    if (first !== undefined && others.length === 0) return { name: first[0], options: first[1] };
    // A name that is not known is told already.
    const message = `an entry of the list has exactly one policy, one of ${known}`;
    if (context.issues.length === 0) context.issues.push({ code: 'custom', message, input: written });
    return z.NEVER;
  });
  return z
    .array(entry, { error: 'expected a list of policies such as [{ api_key: { required: true } }]' })
    .prefault([]);
}

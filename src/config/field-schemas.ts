import { z } from 'zod';
import { findUnsettableReason } from '../core/settable-field.ts';
import { findTemplateProblem } from '../core/template.ts';
import { checkedText, section, wholeNumber } from './units.ts';

// A description makes another schema of the same definition.
const templates = new WeakSet<object>();

/** Whether texts of this schema are templates, whose parameters the path of the route has to have. */
export function isTemplateSchema(schema: z.core.$ZodType): boolean {
  return templates.has(schema._zod.def);
}

function noteTemplate<Schema extends z.core.$ZodType>(schema: Schema): Schema {
  templates.add(schema._zod.def);
  return schema;
}

/** One line with variables in braces; what of it is a parameter of the route's path is checked where the route is known. */
export function template(expected: string) {
  return noteTemplate(
    checkedText(expected, (text) => {
      if (/[\r\n\0]/.test(text)) return { problem: 'expected one line of text' };
      return findTemplateProblem(text, null);
    }),
  );
}

/** The name of a field that a configuration may set, as it is spelled. */
export function settableField() {
  return checkedText('expected the name of a header', (name) => {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name)) return { problem: 'expected the name of a header' };
    const reason = findUnsettableReason(name);
    return reason === undefined ? undefined : { problem: reason };
  });
}

/** Names of fields with templates for their values. */
export function fieldMap() {
  return z
    .record(settableField(), template('expected the value of a header'), {
      error: 'expected a mapping of header names to values',
    })
    .superRefine((written, context) => {
      const seen = new Map<string, string>();
      for (const name of Object.keys(written)) {
        const first = seen.get(name.toLowerCase());
        seen.set(name.toLowerCase(), first ?? name);
        if (first === undefined) continue;
        context.addIssue({
          code: 'custom',
          message: `${name} is ${first} in another spelling: keep one`,
          path: [name],
        });
      }
    });
}

/** An answer of the gateway's own, for a route or as a policy. */
export function fixedAnswer() {
  const body = checkedText('expected the text of the answer', (text) => findTemplateProblem(text, null));
  return section({
    status: wholeNumber(200, 599).prefault(200).describe('The status of the answer.'),
    body: noteTemplate(body)
      .prefault('')
      .describe('The text of the answer; places such as `{request.id}` are filled in.'),
    headers: fieldMap()
      .prefault({})
      .describe(
        'Fields of the answer. Where none is `Content-Type`, it is JSON or plain text, by the look of the body.',
      ),
  });
}

/** The name of a field, in lower case. */
export function headerName() {
  const error = 'expected the name of a header';
  return z
    .string({ error })
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, { error })
    .transform((written) => written.toLowerCase());
}

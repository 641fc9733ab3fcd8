import { z } from '@hono/zod-openapi';
import { findQuestionProblem } from '../../core/request-in-question.ts';
import { AdminRefusal } from '../admin-env.ts';
import { describeFieldErrors, listFieldErrors, objectError, textError } from '../field-errors.ts';
import { describeOperation, jsonAnswer, type AddOperation } from '../operation.ts';

const headersText = 'expected a list of pairs such as [["Accept", "text/html"]]';
const bytesText = 'expected a whole number from 0, or null';

const questionSchema = z
  .strictObject(
    {
      method: z.string({ error: textError }),
      url: z.string({ error: textError }).openapi({ description: 'http://host/path?query, or the path alone.' }),
      headers: z
        .array(z.tuple([z.string({ error: textError }), z.string({ error: textError })], { error: headersText }), {
          error: headersText,
        })
        .optional()
        .openapi({ description: 'Names and values, in order.' }),
      client_ip: z
        .string({ error: textError })
        .optional()
        .openapi({ description: 'Who connects; 127.0.0.1 where it is absent.' }),
      body_bytes: z
        .int({ error: bytesText })
        .min(0, { error: bytesText })
        .nullable()
        .optional()
        .openapi({ description: 'The size of its body.' }),
    },
    { error: objectError },
  )
  .openapi('RequestInQuestion', { example: { method: 'GET', url: '/api/users/42' } });

const text = z.string();
const textOrNull = text.nullable();

/** The part of an explanation that programs count on; there is more beside it. */
const explanationSchema = z
  .object({
    route: textOrNull,
    upstream: textOrNull,
    target: textOrNull,
    status: z.int().nullable().openapi({ description: 'Null where the request would be forwarded.' }),
    code: textOrNull,
    policies: z.array(z.object({ policy: text, verdict: z.enum(['pass', 'refuse', 'skip']), reason: text })).readonly(),
    candidates: z.array(z.object({ route: text, matched: z.boolean(), reason: text })).readonly(),
    summary: text,
  })
  .openapi('Explanation');

const route = describeOperation(
  {
    method: 'post',
    path: '/admin/explain',
    operationId: 'explainRequest',
    summary: 'Say what would become of a request at this moment, and why. Nothing is counted, and no target is asked.',
    request: { body: { required: true, content: { 'application/json': { schema: questionSchema } } } },
    responses: { 200: jsonAnswer('What would become of it.', explanationSchema) },
  },
  [400],
);

export const addExplainRequest: AddOperation = (api, view) => {
  api.openapi(
    route,
    async (ctx) => {
      const { method, url, headers, client_ip: clientIp, body_bytes: bodyBytes } = ctx.req.valid('json');
      const question = {
        method,
        url,
        headers: headers ?? [],
        clientIp: clientIp ?? '127.0.0.1',
        bodyBytes: bodyBytes ?? null,
      };
      const problem = findQuestionProblem(question);
      if (problem !== null) throw new AdminRefusal('invalid_body', { detail: `${sentence(problem)}.` });
      return ctx.json(await view.explain(question), 200);
    },
    (result) => {
      if (result.success) return;
      const errors = listFieldErrors(result.error.issues, Object.keys(questionSchema.shape));
      throw new AdminRefusal('invalid_body', { detail: describeFieldErrors(errors), errors });
    },
  );
};

function sentence(problem: string): string {
  return problem.charAt(0).toUpperCase() + problem.slice(1);
}

import { createRoute, z, type OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { AdminEnv } from './admin-env.ts';
import { issueSchema } from './config-schemas.ts';
import type { GatewayView } from './gateway-view.ts';

export type AdminApi = OpenAPIHono<AdminEnv>;

/**
 * Adds one operation of the admin API: its path and method, what it takes and answers as schemas, which the document at
 * `/admin/openapi.json` is made from, and what answers it.
 */
export type AddOperation = (api: AdminApi, view: GatewayView) => void;

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    error: z.string().openapi({ description: 'The same as title.' }),
    message: z.string().openapi({ description: 'The same as detail.' }),
    code: z.string().openapi({ description: 'A stable word, to be matched on.' }),
    request_id: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    issues: z.array(issueSchema).optional().openapi({ description: 'What is wrong with a configuration.' }),
  })
  .openapi('Problem', { description: 'Problem details (RFC 9457).' });

function problemAnswer(description: string) {
  return { description, content: { 'application/problem+json': { schema: problem } } };
}

/** Statuses of refusals and what they mean, for the document. */
const refusals = {
  400: problemAnswer('The body is not JSON, or a field of it is wrong; the answer names the field.'),
  401: problemAnswer('The credentials are missing or wrong.'),
  403: problemAnswer('The request comes from a page of another site.'),
  404: problemAnswer('Nothing has this id or name.'),
  413: problemAnswer('The body has more than 64 KiB.'),
  422: problemAnswer('The configuration cannot be served; the answer lists everything that is wrong with it.'),
  429: problemAnswer('Wrong credentials came too often; Retry-After says when to try again.'),
  503: problemAnswer('The store of API keys cannot be reached.'),
} as const;

type RefusalStatus = keyof typeof refusals;

/**
 * Describes an operation as `createRoute` does, and adds the refusals that it may answer with. They are not in its type:
 * what answers the operation throws an AdminRefusal for them.
 */
export function describeOperation<const Path extends string, Route extends Omit<RouteConfig, 'path'> & { path: Path }>(
  route: Route,
  statuses: readonly RefusalStatus[],
): ReturnType<typeof createRoute<Path, Route>> {
  const common: readonly RefusalStatus[] = route.method === 'get' ? [401, 429] : [401, 403, 413, 429];
  const added = Object.fromEntries([...common, ...statuses].map((status) => [status, refusals[status]]));
  return createRoute<Path, Route>({ ...route, responses: { ...route.responses, ...added } });
}

/** An answer of success as JSON. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

export const success = z.literal('success');

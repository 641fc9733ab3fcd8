import { z } from '@hono/zod-openapi';
import { recordIssues } from '../config/issue-record.ts';
import type { GatewayView } from './gateway-view.ts';

export const issueSchema = z
  .strictObject({
    file: z.string().nullable().openapi({ description: 'The file, or another place such as the name of a variable.' }),
    line: z.int().nullable(),
    column: z.int().nullable(),
    path: z.string().openapi({ description: 'Such as routes[0].match.path; empty for the whole document.' }),
    message: z.string(),
    suggestion: z.string().nullable().openapi({ description: 'What was probably meant.' }),
  })
  .openapi('ConfigIssue');

export const configStatusSchema = z
  .strictObject({
    version: z.int().openapi({ description: 'Of the configuration that is served; each one has a higher number.' }),
    hash: z.string().openapi({
      description: 'Changes with the configuration and the modules of its policies, but not with its secrets.',
    }),
    loaded_at: z.iso.datetime(),
    accepted: z.array(z.int().nullable()).openapi({
      description: 'The version that each worker has made ready last, served or not; null for one being replaced.',
    }),
    programmed: z
      .array(z.int().nullable())
      .openapi({ description: 'The version that each worker serves; null for one that is being replaced.' }),
    last_error: z
      .strictObject({ at: z.iso.datetime(), issue_count: z.int(), issues: z.array(issueSchema) })
      .nullable()
      .openapi({
        description: 'What was wrong at the last attempt to load it, the first 100 issues; null where nothing was.',
      }),
  })
  .openapi('ConfigStatus');

export function describeConfigStatus(view: GatewayView): z.output<typeof configStatusSchema> {
  const failure = view.configuration.failure();
  return {
    version: view.configVersion,
    hash: view.configHash,
    loaded_at: new Date(view.configLoadedAtMs).toISOString(),
    accepted: [...view.configuration.accepted()],
    programmed: [...view.configuration.programmed()],
    last_error:
      failure === null
        ? null
        : {
            at: new Date(failure.atMs).toISOString(),
            issue_count: failure.issues.length,
            issues: recordIssues(failure.issues),
          },
  };
}

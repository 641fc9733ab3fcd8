import type { WorkerContext } from './worker-context.ts';

/** Tells the log of a policy that threw: a defect, so with its stack. */
export function logPolicyFailure(
  ctx: WorkerContext,
  failure: { policy: string; requestId: string; error: unknown },
): void {
  const { policy, requestId, error } = failure;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  ctx.logger.log('error', 'a policy failed', { policy, request_id: requestId, reason });
}

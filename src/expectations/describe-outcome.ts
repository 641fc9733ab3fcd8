import { formatDuration } from '../lib/duration.ts';
import type { Outcome } from '../simulation/request-run.ts';

/** One line of what became of a request, for somebody who expected something else. */
export function describeOutcome(outcome: Outcome): string {
  const { status, code, cut, policy, route, upstream, target, attempts, retries, tookMs } = outcome;
  const parts = [status === null ? 'no answer' : String(status) + (cut ? ', cut off' : '')];
  if (code !== null) parts.push(code);
  if (policy !== null) parts.push(`by the policy ${policy}`);
  parts.push(route === null ? 'no route' : `route ${route}`);
  if (upstream !== null) parts.push(`upstream ${upstream}`);
  if (attempts.length > 1) parts.push(`targets ${attempts.join(', then ')}`);
  else if (target !== null) parts.push(`target ${target}`);
  if (retries > 0) parts.push(`${retries} ${retries === 1 ? 'retry' : 'retries'}`);
  if (tookMs > 0) parts.push(`after ${formatDuration(Math.round(tookMs))}`);
  return parts.join(', ');
}

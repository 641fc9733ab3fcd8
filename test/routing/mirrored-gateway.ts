import type { TestContext } from 'node:test';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { requestText } from '../support/raw-client.ts';

const plain = { health: false, retry: false, breaker: false };

/** A gateway with one route, whose requests are copied to `copies`. */
export function startMirrored(
  t: TestContext,
  targets: { main: string; copies: string },
  options: { mirror?: object; route?: object; copies?: object; main?: object } = {},
): Promise<RunningGateway> {
  return startGateway(t, {
    upstreams: {
      main: { targets: [targets.main], ...plain, ...options.main },
      copies: { targets: [targets.copies], ...plain, ...options.copies },
    },
    routes: [{ name: 'copied', upstream: 'main', mirror: { upstream: 'copies', ...options.mirror }, ...options.route }],
  });
}

/** Resolves when so many copies were answered and so many were given up. */
export async function whenCounted({ metricsWhere }: RunningGateway, answered: number, dropped: number): Promise<void> {
  await metricsWhere(
    ({ sum }) =>
      sum('gateway_mirrored_requests_total') === answered && sum('gateway_mirrored_requests_dropped_total') === dropped,
  );
}

/** A POST with a body of ASCII text. */
export const post = (body: string, fields = {}) =>
  requestText('POST', '/a?b', { 'Content-Length': String(body.length), ...fields }) + body;

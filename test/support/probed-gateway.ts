import type { TestContext } from 'node:test';
import { startGatewayProcess, type GatewayProcess, type ProcessOptions } from './gateway-process.ts';
import { metricsPage, type MetricsPage } from './gateway.ts';
import { probeEnvironment, ThreadAsker } from './thread-asker.ts';
import { waitUntil } from './wait.ts';

/** A gateway in a process of its own, whose threads can be asked what they hold. */
export interface ProbedGateway extends GatewayProcess {
  /** Of its process. */
  readonly id: number;
  readonly workers: number;
  readonly threads: ThreadAsker;
  readonly metrics: () => Promise<MetricsPage>;
  /** Resolves with the first page that the condition holds for. */
  readonly metricsWhere: (what: string, condition: (page: MetricsPage) => boolean) => Promise<MetricsPage>;
}

/** Runs such a gateway until the test has ended, with one worker where the document does not say. */
export async function startProbedGateway(
  t: TestContext,
  document: object,
  options: Omit<ProcessOptions, 'hasChannel' | 'environment'> = {},
): Promise<ProbedGateway> {
  const all = { ...options, hasChannel: true, environment: probeEnvironment };
  const running = await startGatewayProcess(t, document, all);
  const metrics = async () => {
    const url = `http://127.0.0.1:${running.adminPort}/metrics`;
    return metricsPage(await (await fetch(url, { headers: { Connection: 'close' } })).text());
  };
  return Object.assign(running, {
    id: running.child.pid ?? 0,
    workers: 'workers' in document ? Number(document.workers) : 1,
    threads: new ThreadAsker(running.child),
    metrics,
    metricsWhere: (what: string, condition: (page: MetricsPage) => boolean) =>
      waitUntil(what, async () => {
        const page = await metrics();
        return condition(page) ? page : null;
      }),
  });
}

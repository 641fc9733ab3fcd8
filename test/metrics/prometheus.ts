import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { startProcess } from '../support/gateway-process.ts';
import { waitUntil } from '../support/wait.ts';

/** Why tests with Prometheus are skipped, false where they are not. */
export const withoutPrometheus = ['prometheus', 'promtool'].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
)
  ? false
  : 'prometheus is not installed';

/** What `promtool check metrics` says of a page, and how it ends. */
export function checkMetrics(page: string): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface RunningPrometheus {
  /** Throws with what Prometheus says of an expression that it does not understand. */
  query(expression: string): Promise<QueryResult[]>;
}

/** Runs a Prometheus with this configuration until the test has ended; it keeps its data in a folder of its own. */
export async function startPrometheus(t: TestContext, config: string): Promise<RunningPrometheus> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-prometheus-'));
  const configFile = path.join(folder, 'prometheus.yml');
  writeFileSync(configFile, config);
  const running = startProcess(t, 'prometheus', [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${path.join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ]);
  t.after(async () => {
    running.child.kill('SIGKILL');
    await running.ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const [, port = ''] = await running.shows(/msg="Listening on" address=127\.0\.0\.1:(\d+)/);
  const url = `http://127.0.0.1:${port}`;
  await waitUntil('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok);
  return {
    async query(expression) {
      const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`);
      const body = (await response.json()) as {
        error?: string;
        data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (body.data === undefined) throw new Error(`${expression}: ${body.error ?? response.status}`);
      return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
  };
}

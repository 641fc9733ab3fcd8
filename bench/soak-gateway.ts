import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricsPage, type MetricsPage } from '../test/support/gateway.ts';
import { readOpenFiles, type OpenFiles } from '../test/support/open-files.ts';
import { probeEnvironment, ThreadAsker } from '../test/support/thread-asker.ts';
import type { ThreadReport } from '../test/support/thread-report.ts';
import { waitUntil, within } from '../test/support/wait.ts';
import { readResidentBytes } from './process-usage.ts';
import { soakKey } from './soak-traffic.ts';
import { temporaryFolder } from './temporary-folder.ts';

const launcher = join(import.meta.dirname, '..', 'bin', 'sluice');
const workers = 2;

/** What a gateway holds at a moment of the traffic. */
export interface SoakSample {
  /** Since the start of the traffic. */
  readonly seconds: number;
  readonly residentBytes: number;
  readonly openFiles: number;
  /** Of clients. */
  readonly connections: number;
  readonly inFlight: number;
  /** Since the start of the gateway. */
  readonly requests: number;
  readonly reloads: number;
  readonly failedReloads: number;
}

/** What is live in a thread after a garbage collection, in bytes. */
export interface LiveBytes {
  /** Objects, strings and what they hold outside of the heap. */
  readonly data: number;
  /** What the engine has made of functions: it grows for as long as some get hot, and is bounded by the program. */
  readonly code: number;
}

/** What is left when nobody asks for anything and every connection is closed. */
export interface SoakRest {
  /** Since the start of the traffic. */
  readonly seconds: number;
  /** Since the start of the gateway. */
  readonly requests: number;
  readonly reloads: number;
  /** By the name of the thread. */
  readonly live: Readonly<Record<string, LiveBytes>>;
}

/** The gateway of a soak, in a process of its own whose threads can be asked what they hold. */
export class SoakGateway {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly adminPort: number;
  private readonly threads: ThreadAsker;
  private readonly file: string;
  private readonly targets: { readonly steadyPort: number; readonly flakyPort: number };
  private output = '';
  private reloads = 0;

  private constructor(
    init: Pick<SoakGateway, 'port'> & {
      child: ChildProcess;
      adminPort: number;
      file: string;
      targets: SoakGateway['targets'];
    },
  ) {
    this.port = init.port;
    this.child = init.child;
    this.adminPort = init.adminPort;
    this.file = init.file;
    this.targets = init.targets;
    this.threads = new ThreadAsker(init.child);
    for (const stream of [init.child.stdout, init.child.stderr]) {
      stream?.on('data', (text: string) => (this.output += text));
    }
  }

  static async start(targets: { readonly steadyPort: number; readonly flakyPort: number }): Promise<SoakGateway> {
    const file = join(temporaryFolder(), `soak-${process.pid}.json`);
    writeFileSync(file, JSON.stringify(documentFor(targets, 0)));
    const child = spawn(process.execPath, [launcher, 'run', file], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...probeEnvironment, SOAK_KEY: soakKey },
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        const found = /"addresses":"http:\/\/127\.0\.0\.1:(\d+)","admin":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(text);
        if (found !== null) resolve(found);
      });
    }
    child.once('exit', () => reject(new Error(`the gateway ended: ${text}`)));
    const [, port, adminPort] = await within('the gateway to serve', promise);
    return new SoakGateway({ child, file, targets, port: Number(port), adminPort: Number(adminPort) });
  }

  /** Gives it another configuration, by its file and now and then by a signal. */
  reload(): void {
    this.reloads += 1;
    const written = `${this.file}.new`;
    writeFileSync(written, JSON.stringify(documentFor(this.targets, this.reloads)));
    renameSync(written, this.file);
    if (this.reloads % 3 === 0) this.child.kill('SIGHUP');
  }

  async sample(seconds: number): Promise<SoakSample> {
    const { pid = 0 } = this.child;
    const page = await this.metrics();
    return {
      seconds,
      residentBytes: readResidentBytes(pid),
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
      connections: page.sum('gateway_connections'),
      inFlight: page.sum('gateway_requests_in_flight'),
      requests: page.sum('gateway_http_requests_total'),
      reloads: page.sum('gateway_config_reloads_total', { result: 'success' }),
      failedReloads: page.sum('gateway_config_reloads_total', { result: 'failure' }),
    };
  }

  /**
   * Waits for the end of everything that is under way, of idle connections too, and tells what is left of it. A reload
   * comes first, since what requests leave to those after them is let go with their configuration.
   */
  async rest(seconds: number): Promise<SoakRest> {
    const countReloads = async () => (await this.metrics()).sum('gateway_config_reloads_total', { result: 'success' });
    const reloadsBefore = await countReloads();
    this.reload();
    await waitUntil('the reload', async () => (await countReloads()) > reloadsBefore);
    await waitUntil('every connection to be closed', async () => {
      const hasConnection = Object.keys(this.openFiles()).some((kind) => kind.endsWith(': established'));
      return !hasConnection && (await this.metrics()).sum('gateway_connections') === 0;
    });
    // What the first collection has found to be garbage outside of the heap is gone at the second one.
    await this.collect();
    const reports = await this.collect();
    const page = await this.metrics();
    return {
      seconds,
      requests: page.sum('gateway_http_requests_total'),
      reloads: page.sum('gateway_config_reloads_total', { result: 'success' }),
      live: Object.fromEntries(
        reports.map(({ thread, heapUsed, codeBytes, external }) => {
          return [thread, { data: heapUsed - codeBytes + external, code: codeBytes }];
        }),
      ),
    };
  }

  private async collect(): Promise<ThreadReport[]> {
    return await this.threads.ask(workers + 1, { collect: true });
  }

  /** How many open files of each kind there are. */
  openFiles(): OpenFiles {
    return readOpenFiles(this.child.pid ?? 0, { [this.port]: 'client', [this.adminPort]: 'admin' });
  }

  async metrics(): Promise<MetricsPage> {
    const response = await fetch(`http://127.0.0.1:${this.adminPort}/metrics`, { headers: { Connection: 'close' } });
    return metricsPage(await response.text());
  }

  /** Lines of its own log that tell of trouble. */
  get complaints(): readonly string[] {
    return this.output.split('\n').filter((line) => /"level":"(?:error|warn)"/.test(line) || !/^(?:\{|$)/.test(line));
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await within('the gateway to end', ended, 45_000);
  }
}

/** The configuration of this number: what requests mean is the same in all of them, how it is written is not. */
function documentFor({ steadyPort, flakyPort }: SoakGateway['targets'], number: number): object {
  const steady = `http://127.0.0.1:${steadyPort}`;
  // When the traffic stops, so that soon after it nothing is left.
  const pool = { idle_timeout: '1s' };
  const extra = Array.from({ length: number % 3 }, (_, at) => ({
    name: `extra-${number}-${at}`,
    match: { path: `/extra/${number}/${at}` },
    upstream: 'steady',
  }));
  return {
    listeners: [{ address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    workers,
    access_log: { file: '/dev/null' },
    limits: { body_idle_timeout: '30s', head_timeout: '30s' },
    keys: [{ name: 'soak', secret: '${SOAK_KEY}' }],
    upstreams: {
      // Another weight makes another target of it for the rotation, while its connections are kept.
      steady: { targets: [{ url: steady, weight: 1 + (number % 3) }], health: false, breaker: false, pool },
      flaky: {
        targets: [`http://127.0.0.1:${flakyPort}`],
        health: false,
        pool,
        timeouts: { response: '500ms' },
        retry: { attempts: 1 + (number % 2), initial_delay: '10ms' },
        breaker: { reset_timeout: '500ms' },
      },
    },
    routes: [
      { name: 'ok', match: { path: '/ok/*' }, upstream: 'steady' },
      {
        name: 'limited',
        match: { path: '/limited/*' },
        upstream: 'steady',
        policies: [{ rate_limit: { by: 'ip', limit: `${40 + (number % 5)}/s` } }],
      },
      { name: 'keyed', match: { path: '/keyed/*' }, upstream: 'steady', policies: [{ api_key: { required: true } }] },
      { name: 'flaky', match: { path: '/flaky/*' }, upstream: 'flaky' },
      ...extra,
    ],
  };
}

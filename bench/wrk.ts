import { runProcess } from './processes.ts';

export interface Load {
  readonly program: string;
  /** The only core that it may run on; undefined: any. */
  readonly core?: number;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** A file with a script in Lua that makes the requests; null: one GET for all. */
  readonly script?: string | null;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  /** Answers other than 2xx and 3xx, and connections that failed. */
  readonly failures: number;
}

/** Sends requests over connections that are kept alive, as many as the subject takes. */
export async function runWrk(load: Load): Promise<LoadResult> {
  const { program, core, port, path, headers, connections, seconds, script = null } = load;
  const output = await runProcess({
    name: 'wrk',
    command: program,
    parameters: [
      '--threads=1',
      `--connections=${connections}`,
      `--duration=${seconds}s`,
      '--latency',
      ...headers.flatMap((header) => ['--header', header]),
      ...(script === null ? [] : ['--script', script]),
      `http://127.0.0.1:${port}${path}`,
    ],
    ...(core === undefined ? {} : { core }),
  });
  return parseWrk(output);
}

/** Throws where the text lacks what wrk 4 prints at its end. */
function parseWrk(output: string): LoadResult {
  const find = (pattern: RegExp): RegExpExecArray => {
    const match = pattern.exec(output);
    if (match === null) throw new Error(`The output of wrk is not understood: ${output}`);
    return match;
  };
  const [, p99 = '', unit = ''] = find(/^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$/m);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output) ?? [];
  const unwanted = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0;
  return {
    requests: Number(find(/(\d+) requests in /)[1]),
    requestsPerSecond: Number(find(/Requests\/sec:\s+([\d.]+)/)[1]),
    p99Ms: Number(p99) * (millisecondsOf[unit] ?? NaN),
    failures: socketErrors.slice(1).reduce((sum, count) => sum + Number(count), Number(unwanted)),
  };
}

const millisecondsOf: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

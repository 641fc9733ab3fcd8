/** Measures the gateway: `node bench/main.ts [MEASUREMENT…] [options]`; see docs/performance.md. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { UsageError, type OptionValues } from '../src/cli/command.ts';
import { parseFlags } from '../src/cli/parse-flags.ts';
import { nearest } from '../src/lib/edit-distance.ts';
import { bodies } from './bodies.ts';
import { connections } from './connections.ts';
import { clientConnections } from './client-connections.ts';
import { latency } from './latency.ts';
import { compare } from './compare.ts';
import { cores } from './cores.ts';
import { guard } from './guard.ts';
import { describeMachine } from './machine.ts';
import { memory } from './memory.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { micro } from './micro.ts';
import { profile } from './profile.ts';
import { reloadSoak } from './reload-soak.ts';
import { sideBySide } from './side-by-side.ts';
import { soak } from './soak.ts';
import { startUp } from './start-up.ts';
import { formatTable, type Table } from './table.ts';

const help = `Usage: node bench/main.ts [MEASUREMENT...] [options]

Measures the gateway on this machine. Linux only. Without a name all measurements are made.

Measurements:
  side-by-side         CPU time per request beside nginx, haproxy, and proxies in Go and Node.js
  latency              time to an answer at a fixed rate of requests, beside nginx and haproxy
  connections          memory of idle connections
  client-connections   very many active connections, and connections for one request each
  cores                more workers, and what shared words cost when all threads are at them
  memory               what is in memory, where it is, and what settings make of it
  bodies               memory while large bodies pass
  micro                single functions on the path of a request
  start-up             time from the start of the process to the first answer
  profile              where a worker's time goes
  reload-soak          reloads under load: no request may fail, and nothing may grow
Only by their names:
  soak                 mixed traffic with aborts, faults and reloads: whether anything grows with time
  compare              CPU time per request of this working copy and of another commit
  guard                fails when the parser or the path of a request costs more than bench/baseline.json says

Options:
      --markdown         tables ready to paste into docs/performance.md
      --json             one JSON object
  -h, --help             this text
side-by-side:
      --case NAMES       with commas: small, 16-KiB-answers, 1-KiB-posts, 1000-routes, 100000-keys
      --only NAMES       subjects, with commas: nginx, haproxy, go, node-http, node-undici, express-gateway,
                         sluice, sluice-policies, sluice-everything, sluice-1000-routes, sluice-100000-keys
      --rounds N         of each subject, in turns                            (default: 5)
      --seconds N        of load in a round                                   (default: 3)
      --connections N    that the load comes over                             (default: 64)
      --path PATH        of the request                          (default: /api/users/1)
      --header TEXT      one more of the request, such as 'Accept: */*'; may be repeated
latency:
      --rate N           requests a second; 0: 30 % of what the slowest one takes  (default: 0)
      --latency-rounds N of each subject, in turns                            (default: 3)
      --latency-seconds N of load in a round                                  (default: 20)
client-connections:
      --active N         active connections                                   (default: 10000)
      --connection-rounds N of each, in turns                                 (default: 3)
cores:
      --core-rounds N    of each number of workers                            (default: 3)
memory:
      --memory-seconds N of load                                              (default: 5)
profile:
      --of NAME          pass, full or everything                             (default: full)
      --profile-seconds N of load                                             (default: 5)
compare:
      --commit COMMIT    what to compare with
      --compare-rounds N of each, in turns                                    (default: 10)
guard:
      --instructions     counts instructions, and measures no time
      --update           makes what is measured the baseline
connections:
      --idle N           idle connections                                     (default: 10000)
bodies:
      --megabytes N      of one body                                          (default: 100)
micro:
      --cases TEXT       only those with this text in their names
      --milliseconds N   for each case                                        (default: 600)
start-up:
      --starts N         of each kind                                         (default: 10)
reload-soak:
      --reloads N        of 16 configurations in turns                        (default: 5000)
soak:
      --minutes N        at least 4                                           (default: 20)
      --into FOLDER      where soak.json and soak.svg are written             (default: .)
`;

const measurements: Readonly<Record<string, Measurement>> = {
  'side-by-side': sideBySide,
  latency,
  connections,
  'client-connections': clientConnections,
  cores,
  memory,
  bodies,
  micro,
  'start-up': startUp,
  profile,
  'reload-soak': reloadSoak,
  soak,
  compare,
  guard,
};

const options: ParseArgsOptionsConfig = Object.assign(
  { markdown: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  ...Object.values(measurements).map((measurement) => measurement.options),
);

interface Plan {
  readonly name: string;
  readonly title: string;
  readonly run: () => Promise<Table>;
}

interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly table: Table;
  readonly failed: boolean;
}

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(words, options);
  if (values['help'] === true) {
    process.stdout.write(help);
    return 0;
  }
  if (process.platform !== 'linux') throw new UsageError('these measurements read /proc, which only Linux has.');
  const names = positionals.length === 0 ? listUsual() : positionals.map(checkName);
  const machine: Outcome = { name: 'machine', title: 'Machine', table: describeMachine(), failed: false };
  const outcomes = [machine];
  // A wrong option of the last one is told before the first one has taken its minutes.
  const plans = names.map((name) => plan(name, values));
  for (const each of plans) outcomes.push(await measure(each));
  process.stdout.write(
    values['json'] === true ? formatJson(outcomes) : formatTexts(outcomes, values['markdown'] === true),
  );
  return outcomes.some(({ failed }) => failed) ? 1 : 0;
}

/** Those that are made when none is named. */
function listUsual(): string[] {
  return Object.entries(measurements)
    .filter(([, measurement]) => measurement.onlyByName !== true)
    .map(([name]) => name);
}

function checkName(name: string): string {
  if (Object.hasOwn(measurements, name)) return name;
  const known = Object.keys(measurements);
  const suggestion = nearest(name, known);
  const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  throw new UsageError(`unknown measurement ${JSON.stringify(name)}; known: ${known.join(', ')}.${hint}`);
}

function plan(name: string, values: OptionValues): Plan {
  const measurement = measurements[name];
  if (measurement === undefined) throw new Error(`there is no measurement ${name}`);
  return { name, title: measurement.title, run: measurement.plan(values) };
}

/** One measurement that cannot be made does not keep the others from being made. */
async function measure({ name, title, run }: Plan): Promise<Outcome> {
  tellProgress(`▶ ${title}`);
  try {
    return { name, title, table: await run(), failed: false };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const table = { columns: [], rows: [], notes: [`Not measured: ${reason}.`] };
    tellProgress(`✖ ${title}: ${reason}`);
    return { name, title, table, failed: true };
  }
}

function formatJson(outcomes: readonly Outcome[]): string {
  const entries = outcomes.map(({ name, table: { rows, notes } }) => [name, { rows, notes }]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

function formatTexts(outcomes: readonly Outcome[], isMarkdown: boolean): string {
  return outcomes
    .map(({ title, table }) => `${isMarkdown ? '### ' : ''}${title}\n\n${formatTable(table)}\n`)
    .join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 2;
}

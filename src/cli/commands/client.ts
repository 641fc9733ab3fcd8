import { nearest } from '../../lib/edit-distance.ts';
import { clientCommands, isClientCommand, plannedCount, type ClientCommand } from '../../test-client/plan.ts';
import { runClient, type Outcome, type RunResult } from '../../test-client/run.ts';
import { judge, summarise, type Verdict } from '../../test-client/summary.ts';
import { readInteger, readText, UsageError, type Command, type Invocation, type OptionValues } from '../command.ts';
import { alignColumns, createStyle, padCell, printable, type Style } from '../terminal.ts';

const requestTimeoutMs = 30_000;
/** Fewer requests than this are over before a count of them is of use. */
const progressFrom = 20;
const progressIntervalMs = 100;

const help = `Usage: sluice client CMD [--endpoint URL] [--count N] [--key KEY] [--json]

Sends requests to a gateway, one after the other, and says whether they went as expected.

Commands (CMD, or --cmd CMD; default: health):
  health      GET /health, expects 2xx
  echo        POST /api/echo, expects 2xx
  user        GET /api/user, expects 2xx
  data        GET /api/data, expects 2xx
  slow        GET /api/slow, expects 2xx
  auth        without a key, with a valid and with an invalid one; expects 2xx, 2xx, 401
  rate-limit  GET /api/data until the limit bites, expects a 429

Options:
  --endpoint URL  the gateway                   (default: http://localhost:8080)
  --count N       how often                     (default: 1; rate-limit: 150)
  --key KEY       API key, sent as X-API-Key    (default: none; auth: key-test-1)
  --json          one JSON object in the end, nothing before

Exit code: 0 as expected, 1 otherwise, 2 wrong usage.

Example:
  sluice client data --count 10
`;

export const clientCommand: Command = {
  name: 'client',
  summary: 'Send test requests to a gateway and check the answers.',
  help,
  options: {
    cmd: { type: 'string' },
    endpoint: { type: 'string' },
    count: { type: 'string' },
    key: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: runClientCommand,
};

async function runClientCommand(invocation: Invocation): Promise<number> {
  const { values, output, errors, env, signal } = invocation;
  const command = readCommand(invocation);
  const endpoint = readEndpoint(values);
  const count = readInteger(values, 'count', {
    fallback: command === 'rate-limit' ? 150 : 1,
    minimum: 1,
    maximum: 100_000,
  });
  const plan = { command, count, apiKey: readKey(values) };
  const json = values['json'] === true;
  const style = createStyle(output, env);
  const writeLine = createLineWriter(plannedCount(plan), command, style);
  const progress = createProgress(errors, errors.isTTY && (json || !output.isTTY));
  const result = await runClient({
    ...plan,
    endpoint,
    timeoutMs: requestTimeoutMs,
    signal,
    onOutcome: (outcome, total) => {
      if (!json) output.write(`${writeLine(outcome)}\n`);
      progress.show(outcome.index, total);
    },
  });
  progress.clear();
  const verdict = judge(command, result);
  if (json) output.write(`${JSON.stringify(describeRun({ command, endpoint, result, verdict }))}\n`);
  else if (result.outcomes.length > 0) output.write(formatSummary(result, style));
  if (!verdict.ok) errors.write(`${createStyle(errors, env).red(verdict.text)}\n`);
  else if (!json) output.write(`${style.green(verdict.text)}\n`);
  return verdict.ok ? 0 : 1;
}

function readCommand({ values, positionals }: Invocation): ClientCommand {
  const [positional, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`client takes one command, but got ${JSON.stringify(extra)} as well.`);
  const option = readText(values, 'cmd', positional ?? 'health');
  if (positional !== undefined && option !== positional) {
    throw new UsageError(`Give the command once: it is ${JSON.stringify(positional)} and --cmd says otherwise.`);
  }
  if (isClientCommand(option)) return option;
  const guess = nearest(option, clientCommands);
  const advice = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  throw new UsageError(
    `Unknown client command ${JSON.stringify(option)}.${advice} The commands are ${clientCommands.join(', ')}.`,
  );
}

function readEndpoint(values: OptionValues): URL {
  const text = readText(values, 'endpoint', 'http://localhost:8080');
  const url = URL.parse(text);
  const usable = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (usable && url.username === '' && url.password === '') return url;
  throw new UsageError(`--endpoint must be a URL such as http://localhost:8080, not ${JSON.stringify(text)}.`);
}

function readKey(values: OptionValues): string | null {
  const key = readText(values, 'key', '');
  if (/^[\x21-\x7e]*$/.test(key)) return key === '' ? null : key;
  throw new UsageError('--key must consist of visible ASCII characters, without spaces.');
}

/** Lines appear one by one, so that the widths are settled before the first. */
function createLineWriter(total: number, command: ClientCommand, style: Style): (outcome: Outcome) => string {
  const indexWidth = String(total).length;
  const labelled = command === 'auth';
  return ({ index, label, status, timeMs, backend, code, failure, met }) => {
    const failed = !met || (status ?? 0) >= 500;
    const paint = failed ? style.red : status === 429 ? style.yellow : style.green;
    const cells = [
      style.dim(padCell(String(index), indexWidth, 'right')),
      ...(labelled ? [padCell(label, 'invalid key'.length)] : []),
      paint(padCell(status === null ? '-' : String(status), 3)),
      padCell(formatTime(timeMs), 11, 'right'),
      padCell(printable(backend ?? '-', 40), 12),
      printable(failure ?? code ?? ''),
    ];
    return cells.join('  ').trimEnd();
  };
}

function formatTime(timeMs: number | null): string {
  return timeMs === null ? '-' : `${timeMs.toFixed(2)} ms`;
}

function formatSummary({ outcomes, elapsedMs }: RunResult, style: Style): string {
  const { statuses, backends, p50Ms, p95Ms, p99Ms } = summarise(outcomes);
  const rows = [
    [style.bold('requests'), `${outcomes.length} in ${formatTime(elapsedMs)}`],
    [style.bold('statuses'), formatCounts(statuses)],
    [style.bold('backends'), formatCounts(backends)],
    [style.bold('times'), `p50 ${formatTime(p50Ms)}, p95 ${formatTime(p95Ms)}, p99 ${formatTime(p99Ms)}`],
  ];
  return `\n${alignColumns(rows).join('\n')}\n`;
}

function formatCounts(counts: ReadonlyMap<string, number>): string {
  const pairs = [...counts].map(([word, count]) => `${printable(word, 40)}: ${count}`);
  return pairs.length === 0 ? '-' : pairs.join(', ');
}

interface RunDescription {
  readonly command: ClientCommand;
  readonly endpoint: URL;
  readonly result: RunResult;
  readonly verdict: Verdict;
}

function describeRun({ command, endpoint, result, verdict }: RunDescription): object {
  const { statuses, backends, p50Ms, p95Ms, p99Ms } = summarise(result.outcomes);
  return {
    command,
    endpoint: endpoint.href,
    ok: verdict.ok,
    message: verdict.text,
    elapsed_ms: round(result.elapsedMs),
    summary: {
      requests: result.outcomes.length,
      statuses: Object.fromEntries(statuses),
      backends: Object.fromEntries(backends),
      p50_ms: round(p50Ms),
      p95_ms: round(p95Ms),
      p99_ms: round(p99Ms),
    },
    requests: result.outcomes.map(({ index, label, status, timeMs, backend, code, failure, met }) => ({
      index,
      label,
      status,
      time_ms: round(timeMs),
      backend,
      code,
      error: failure,
      ok: met,
    })),
  };
}

function round(timeMs: number | null): number | null {
  return timeMs === null ? null : Math.round(timeMs * 1000) / 1000;
}

interface Progress {
  show(done: number, total: number): void;
  clear(): void;
}

/** A count that is overwritten in place, for a terminal on which no lines of results appear. */
function createProgress(errors: NodeJS.WriteStream, wanted: boolean): Progress {
  let lastShownMs = -Infinity;
  let visible = false;
  return {
    show(done, total) {
      const nowMs = performance.now();
      if (!wanted || total < progressFrom || nowMs - lastShownMs < progressIntervalMs) return;
      lastShownMs = nowMs;
      visible = true;
      errors.write(`\r\u001b[K${done} of ${total} requests`);
    },
    clear() {
      if (visible) errors.write('\r\u001b[K');
    },
  };
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { measure } from 'mitata';
import { readInteger, readText, UsageError } from '../src/cli/command.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { balancingCases } from './micro/balancing.ts';
import { headCases } from './micro/heads.ts';
import { keyCases } from './micro/keys.ts';
import { logLineCases } from './micro/log-line.ts';
import type { MicroCase } from './micro/micro-case.ts';
import { policyCases } from './micro/policies.ts';
import { outgoingCases } from './micro/outgoing.ts';
import { routingCases } from './micro/routing.ts';
import { stateCases } from './micro/state.ts';
import type { Table } from './table.ts';

/** Single functions on the path of a request, each by itself and warm. */
export const micro: Measurement = {
  title: 'Single functions',
  options: { cases: { type: 'string' }, milliseconds: { type: 'string' } },
  plan(values) {
    const text = readText(values, 'cases', '');
    const milliseconds = readInteger(values, 'milliseconds', { fallback: 600, minimum: 1, maximum: 600_000 });
    const all = [
      ...headCases(),
      ...balancingCases(),
      ...routingCases(),
      ...keyCases(),
      ...policyCases(),
      ...outgoingCases(),
      ...stateCases(),
      ...logLineCases(),
    ];
    const chosen = all.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
    if (chosen.length === 0) {
      throw new UsageError(`--cases ${text} is in no name: ${all.map(({ name }) => name).join('; ')}.`);
    }
    return () => run(chosen, milliseconds);
  },
};

const warmUpMs = 200;

const columns = [
  { key: 'name', heading: 'function and input' },
  { key: 'p50Nanoseconds', heading: 'median, ns' },
  { key: 'meanNanoseconds', heading: 'mean' },
  { key: 'p99Nanoseconds', heading: 'p99' },
  { key: 'heapBytes', heading: 'heap, bytes a call' },
] as const;

async function run(cases: readonly MicroCase[], milliseconds: number): Promise<Table> {
  const rows = [];
  const collectGarbage = exposeGarbageCollection();
  for (const { name, call } of cases) {
    tellProgress(name);
    warmUp(call);
    const { avg, p50, p99, heap } = await measure(call, {
      gc: collectGarbage,
      heap: () => process.memoryUsage().heapUsed,
      min_cpu_time: milliseconds * 1e6,
    });
    rows.push({
      name,
      meanNanoseconds: avg,
      p50Nanoseconds: p50,
      p99Nanoseconds: p99,
      heapBytes: heap === undefined || !Number.isFinite(heap.avg) ? null : Math.round(heap.avg),
    });
  }
  return { columns, rows, notes: [] };
}

/** Until the engine has compiled it for good: mitata's own warm-up is a few calls. */
function warmUp(call: () => void): void {
  const untilMs = performance.now() + warmUpMs;
  while (performance.now() < untilMs) {
    for (let calls = 0; calls < 1_000; calls += 1) call();
  }
}

/** Without it mitata takes and drops a gigabyte instead, to make the engine collect. */
function exposeGarbageCollection(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

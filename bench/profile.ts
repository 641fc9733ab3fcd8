import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readInteger, readText, UsageError } from '../src/cli/command.ts';
import { loadCore, proxyCore } from './contender.ts';
import { gatewaySubjects } from './gateway-subjects.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { describeNginxBackend } from './nginx.ts';
import { takePort } from './ports.ts';
import { summariseProfile, type CpuProfile, type TimeShare } from './probe/cpu-profile.ts';
import { ProbedGateway } from './probe/probed-gateway.ts';
import { runProcess, startProcess } from './processes.ts';
import { findProgram, requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import type { Subject } from './subject.ts';
import { apiKeyHeader } from './subjects.ts';
import type { Table, Value } from './table.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { runWrk, type Load } from './wrk.ts';

const path = '/api/users/1';
const warmUpSeconds = 3;
const mostFunctions = 25;
const leastShare = 0.005;
const samplesPerSecond = 997;

const subjects: Readonly<Record<string, Subject>> = {
  pass: gatewaySubjects.passing,
  full: gatewaySubjects.policies,
  everything: gatewaySubjects.everything,
};

/** Where a worker's time goes. */
export const profile: Measurement = {
  title: 'Where the time goes',
  options: { of: { type: 'string' }, 'profile-seconds': { type: 'string' } },
  plan(values) {
    const name = readText(values, 'of', 'full');
    const subject = subjects[name];
    if (subject === undefined) {
      throw new UsageError(`--of has the unknown ${JSON.stringify(name)}; known: ${Object.keys(subjects).join(', ')}.`);
    }
    const seconds = readInteger(values, 'profile-seconds', { fallback: 5, minimum: 1, maximum: 600 });
    return () => run(subject, seconds);
  },
};

async function run(subject: Subject, seconds: number): Promise<Table> {
  const { wrk } = requirePrograms('wrk', 'nginx', 'taskset');
  const [port, targetPort] = [await takePort(), await takePort()];
  const target = startProcess({ ...describeNginxBackend(targetPort), core: loadCore });
  const launch = await subject.describe({ port, targetPort });
  const gateway = ProbedGateway.start({ ...launch, core: proxyCore });
  const load: Load = { program: wrk, core: loadCore, port, path, headers: [apiKeyHeader], connections: 64, seconds };
  try {
    await waitForAnswer(gateway.started, { port, path, pauseMs: 20 });
    await runWrk({ ...load, seconds: warmUpSeconds });
    tellProgress('from outside, with perf');
    const outside = await recordWithPerf(gateway.started.id, load);
    tellProgress('from inside, with the profiler of the engine');
    await gateway.ask('profile-begin', 2);
    await runWrk(load);
    const threads = (await gateway.ask('profile-end', 2)).map(
      (text) => JSON.parse(text) as { isMain: boolean; profile: CpuProfile },
    );
    const worker = threads.find(({ isMain }) => !isMain);
    if (worker === undefined) throw new Error('no worker was profiled');
    const { groups, functions } = summariseProfile(worker.profile);
    const rows = [
      ...describe('whole process, by program (perf)', outside.shares),
      ...describe('worker, by group', groups),
      ...describe('worker, by function', functions.slice(0, mostFunctions)),
    ];
    return { columns, rows, notes: outside.notes };
  } finally {
    await gateway.started.stop();
    await target.stop();
    subject.cleanUp?.();
  }
}

const columns = [
  { key: 'view', heading: 'seen as' },
  { key: 'what', heading: 'whose own time' },
  { key: 'percent', heading: '%', decimals: 1 },
] as const;

function describe(view: string, shares: readonly TimeShare[]): Record<string, Value>[] {
  return shares
    .filter(({ share }) => share >= leastShare)
    .map(({ what, share }) => ({ view, what, percent: share * 100 }));
}

/** What the profiler of the engine cannot see: how much of it is the kernel's. */
async function recordWithPerf(id: number, load: Load): Promise<{ shares: TimeShare[]; notes: string[] }> {
  const perf = findProgram('perf');
  if (perf === null) return { shares: [], notes: ['perf (Debian package linux-perf) is not installed.'] };
  const file = join(temporaryFolder(), 'perf.data');
  const target = ['--pid', String(id), '--output', file, '--quiet'];
  const clock = ['-e', 'cpu-clock', '-F', String(samplesPerSecond)];
  const recorded = runProcess({
    name: 'perf-record',
    command: perf,
    parameters: ['record', ...clock, ...target, '--', 'sleep', String(load.seconds)],
  }).catch((error: unknown) => String(error));
  const [trouble] = await Promise.all([recorded, runWrk(load)]);
  if (!existsSync(file)) return { shares: [], notes: [`perf could not record: ${trouble.slice(0, 300)}`] };
  const report = await runProcess({
    name: 'perf-report',
    command: perf,
    parameters: ['report', '--input', file, '--stdio', '--quiet', '--sort', 'dso'],
  });
  return { shares: parsePerfReport(report), notes: [] };
}

/** Lines such as `  51.32%  [kernel.kallsyms]`; code that the engine made has no file, or that of a process. */
function parsePerfReport(text: string): TimeShare[] {
  return [...text.matchAll(/^\s+([\d.]+)%\s+(\S.*?)\s*$/gm)].map(([, percent, name = '']) => ({
    what: /\.map$|anon|JIT/.test(name) ? 'compiled JavaScript' : name,
    share: Number(percent) / 100,
  }));
}

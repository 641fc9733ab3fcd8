import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, machine, release, totalmem, type } from 'node:os';
import { findProgram } from './programs.ts';
import type { Table } from './table.ts';

const versionFlags: readonly (readonly [program: string, flag: string])[] = [
  ['nginx', '-v'],
  ['haproxy', '-v'],
  ['go', 'version'],
  ['wrk', '-v'],
];

/** What the figures depend on: the hardware, the system and the versions of everything measured. */
export function describeMachine(): Table {
  const facts: [string, string][] = [
    ['date', new Date().toISOString().slice(0, 10)],
    ['commit', describeCommit()],
    ['command', `node bench/main.ts ${process.argv.slice(2).join(' ')}`.trimEnd()],
    ['processor', `${readProcessorModel()}, ${cpus().length} cores`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['kernel', `${type()} ${release()} ${machine()}`],
    ['system', readSystemName()],
    ['load of the last minute, at the start', (loadavg()[0] ?? NaN).toFixed(2)],
    ['Node.js', process.version],
    ...versionFlags.map(([program, flag]): [string, string] => [program, readVersion(program, flag)]),
  ];
  return {
    columns: [
      { key: 'fact', heading: 'what' },
      { key: 'value', heading: 'which' },
    ],
    rows: facts.map(([fact, value]) => ({ fact, value })),
    notes: [],
  };
}

/** The model as the kernel names it; a virtual machine may hide the real one. */
function readProcessorModel(): string {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  return /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? cpus()[0]?.model ?? 'unknown';
}

function readSystemName(): string {
  const text = readFileSync('/etc/os-release', 'utf8');
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? 'unknown';
}

function describeCommit(): string {
  const git = (...parameters: string[]): string =>
    execFileSync('git', parameters, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--', '../src', '../bin', '../package-lock.json') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}

function readVersion(name: string, flag: string): string {
  const program = findProgram(name);
  if (program === null) return 'not installed';
  // wrk prints its version with a failing exit code, nginx on the error stream.
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
  return /\d+\.\d[\w.+~-]*/.exec(`${stdout}\n${stderr}`)?.[0] ?? 'unknown';
}

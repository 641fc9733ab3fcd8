import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

// Positions in /proc/PID/stat after the name in brackets (proc(5)).
const parentField = 1;
const firstTimeField = 11;
const lastTimeField = 14;

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * Seconds of processor time, user and system, that a process and its descendants have used since they began: all threads,
 * and those children that have ended already.
 */
export function readProcessorSeconds(root: number): number {
  const children = new Map<number, number[]>();
  const ticks = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const id = Number(name);
    const fields = Number.isInteger(id) ? readStat(id) : null;
    if (fields === null) continue;
    const parent = Number(fields[parentField]);
    children.set(parent, [...(children.get(parent) ?? []), id]);
    const times = fields.slice(firstTimeField, lastTimeField + 1);
    ticks.set(
      id,
      times.reduce((sum, time) => sum + Number(time), 0),
    );
  }
  const ticksOfTree = (id: number): number =>
    (children.get(id) ?? []).reduce((sum, child) => sum + ticksOfTree(child), ticks.get(id) ?? 0);
  return ticksOfTree(root) / ticksPerSecond;
}

/**
 * Seconds of processor time that the living threads of one process have used, to the nanosecond (proc_pid_schedstat(5)),
 * where `readProcessorSeconds` counts ticks. Threads that have ended meanwhile are not in it.
 */
export function readThreadSeconds(id: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${id}/task`)) {
    nanos += Number(readFileSync(`/proc/${id}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanos / 1e9;
}

/** Bytes of a process that are in memory now. */
export function readResidentBytes(id: number): number {
  return readStatusBytes(id, 'VmRSS');
}

/** The most that a process has had in memory since its start or since `resetPeak`, in bytes. */
export function readPeakBytes(id: number): number {
  return readStatusBytes(id, 'VmHWM');
}

/** Begins the peak anew at what the process has in memory now. */
export function resetPeak(id: number): void {
  writeFileSync(`/proc/${id}/clear_refs`, '5');
}

function readStat(id: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8');
    // A name may hold spaces and brackets.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended since the folder was read.
    return null;
  }
}

function readStatusBytes(id: number, name: string): number {
  const status = readFileSync(`/proc/${id}/status`, 'utf8');
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status);
  if (match === null) throw new Error(`/proc/${id}/status has no ${name}: the process has ended.`);
  return Number(match[1]) * 1024;
}

/** How many files, sockets included, a process may have open: its soft limit. */
export function readFileLimit(id: number): number {
  const limits = readFileSync(`/proc/${id}/limits`, 'utf8');
  const limit = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return limit === undefined || limit === 'unlimited' ? Infinity : Number(limit);
}

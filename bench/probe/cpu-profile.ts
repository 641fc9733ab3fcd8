import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** As `Profiler.stop` of the inspector hands it out; times are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

export interface TimeShare {
  readonly what: string;
  /** Of the time in which the thread did something. */
  readonly share: number;
}

export interface ProfileSummary {
  readonly groups: readonly TimeShare[];
  readonly functions: readonly TimeShare[];
}

const root = join(import.meta.dirname, '..', '..');

/** Whose own time it was, without what it called, the largest share first. */
export function summariseProfile({ nodes, samples = [], timeDeltas = [] }: CpuProfile): ProfileSummary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id);
    // A delta is the time since the sample before; that sample's frame is what ran then.
    const micros = timeDeltas[at + 1] ?? 0;
    if (frame === undefined || frame.functionName === '(idle)' || micros <= 0) continue;
    total += micros;
    const group = groupOf(frame.functionName, frame.url);
    const place = frame.url === '' ? '' : ` (${describeUrl(frame.url)}:${frame.lineNumber + 1})`;
    const name = `${frame.functionName === '' ? 'anonymous' : frame.functionName}${place}`;
    groups.set(group, (groups.get(group) ?? 0) + micros);
    functions.set(name, (functions.get(name) ?? 0) + micros);
  }
  return { groups: rank(groups, total), functions: rank(functions, total) };
}

function rank(times: ReadonlyMap<string, number>, total: number): TimeShare[] {
  return [...times]
    .map(([what, micros]) => ({ what, share: micros / total }))
    .toSorted((left, right) => right.share - left.share);
}

function groupOf(name: string, url: string): string {
  if (name === '(garbage collector)') return 'collecting garbage';
  if (name === '(program)') return 'the event loop and other native code';
  if (url === '') return 'native functions with their system calls';
  if (url.startsWith('node:')) return `Node.js: ${url.replace('node:internal/', '').replace('node:', '')}`;
  const [first = '', second = '', third = ''] = describeUrl(url).split('/');
  if (first === 'node_modules') return `package ${second}`;
  return first === 'src' && third !== '' ? `src/${second}` : first;
}

function describeUrl(url: string): string {
  if (!url.startsWith('file:')) return url;
  const file = fileURLToPath(url);
  return file.startsWith(root + sep)
    ? file
        .slice(root.length + 1)
        .split(sep)
        .join('/')
    : file;
}

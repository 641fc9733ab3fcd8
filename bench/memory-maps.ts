import { readFileSync } from 'node:fs';

export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
}

/** Where the resident memory of a process is, the largest part first (/proc/PID/smaps, proc_pid_smaps(5)). */
export function readMemoryParts(id: number): MemoryPart[] {
  return parseMemoryMaps(readFileSync(`/proc/${id}/smaps`, 'utf8'));
}

/** @param text of /proc/PID/smaps */
export function parseMemoryMaps(text: string): MemoryPart[] {
  const parts = new Map<string, number>();
  let what = '';
  for (const line of text.split('\n')) {
    const begin = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ (\d+)\s*(.*)$/.exec(line);
    if (begin !== null) what = kindOf(begin[1] ?? '', begin[2] ?? '0', begin[3] ?? '');
    const kilobytes = /^Rss:\s+(\d+) kB$/.exec(line)?.[1];
    if (kilobytes !== undefined) parts.set(what, (parts.get(what) ?? 0) + Number(kilobytes) * 1_024);
  }
  return [...parts]
    .map(([name, bytes]) => ({ what: name, bytes }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((left, right) => right.bytes - left.bytes);
}

function kindOf(permissions: string, inode: string, path: string): string {
  if (path === '[heap]') return 'malloc of the first thread';
  if (inode !== '0' && path.endsWith('/node')) {
    return permissions.includes('w') ? "Node.js's program, data" : "Node.js's program, from its file";
  }
  if (inode !== '0' && /\.so(\.|$)/.test(path)) return 'system libraries';
  if (permissions.endsWith('s')) return 'shared with other processes';
  if (permissions.includes('x')) return 'compiled code';
  return 'heaps, stacks and malloc of other threads';
}

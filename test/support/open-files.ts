import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** How many open files of each kind a process has; what they are called is for people to read. */
export type OpenFiles = Readonly<Record<string, number>>;

/** States of proc(5)'s table of connections that tell something; the others are shown by their number. */
const states: Readonly<Record<string, string>> = { '01': 'established', '08': 'closed by the peer', '0A': 'listening' };

/** The kinds of the files that a process has open, sockets by the state that they are in. `ports` are its own. */
export function readOpenFiles(id: number, ports: Readonly<Record<number, string>>): OpenFiles {
  const connections = readConnections(id, ports);
  const counts: Record<string, number> = {};
  for (const name of readdirSync(`/proc/${id}/fd`)) {
    const link = readLink(`/proc/${id}/fd/${name}`);
    if (link === null) continue;
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    const kind = inode === undefined ? kindOf(link) : (connections.get(inode) ?? 'other socket');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).toSorted(([left], [right]) => left.localeCompare(right)));
}

function readConnections(id: number, ports: Readonly<Record<number, string>>): Map<string, string> {
  const connections = new Map<string, string>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/${id}/net/${table}`, 'utf8').split('\n').slice(1)) {
      const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
      const port = Number.parseInt(local.split(':')[1] ?? '', 16);
      if (inode !== '') connections.set(inode, `${ports[port] ?? 'connection to another'}: ${states[state] ?? state}`);
    }
  }
  return connections;
}

/** Null where it was closed since its folder was read. */
function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function kindOf(link: string): string {
  if (link.startsWith('pipe:')) return 'pipe';
  return link.startsWith('anon_inode:') ? link : 'file';
}

import { readFileSync } from 'node:fs';

const established = '01';

/** How many connections to a port are open, by any process of this machine: their clients' ends (proc_net_tcp(5)). */
export function countConnectionsTo(port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let count = 0;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, , remote = '', state] = line.trim().split(/\s+/);
    if (remote.endsWith(wanted) && state === established) count += 1;
  }
  return count;
}

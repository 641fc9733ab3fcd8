import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { waitUntil } from './wait.ts';

const backlog = 1;
const listening = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: ${backlog} }, () => console.log(server.address().port));`;

/** A URL whose port neither accepts connections nor refuses them: its program is stopped and its backlog is full. */
export async function startFullPort(t: TestContext): Promise<string> {
  const child = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(output.toString());
  child.kill('SIGSTOP');
  await waitUntil('the program is stopped', () => / T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')));
  // The system queues one connection more than it was asked to.
  for (let count = 0; count <= backlog; count++) {
    const filler = connect({ port, host: '127.0.0.1' });
    t.after(() => filler.destroy());
    filler.on('error', () => {});
    await once(filler, 'connect');
  }
  return `http://127.0.0.1:${port}`;
}

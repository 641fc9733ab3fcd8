/**
 * Sends what Sluice refuses at its head through nginx and HAProxy, each with a plain configuration, and lists what reaches a target
 * behind them: `npm exec -- node test/desync/other-proxies.ts`. The table in docs/http1.md is made with it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { waitUntil } from '../support/wait.ts';
import { bodyRequests } from './body-requests.ts';
import { headRequests } from './head-requests.ts';
import { hopRequests } from './hop-requests.ts';
import { lengthRequests } from './length-requests.ts';
import type { RequestCase } from './request-case.ts';
import { targetRequests } from './target-requests.ts';

const refused: readonly RequestCase[] = [
  ...lengthRequests,
  ...headRequests,
  ...targetRequests,
  ...bodyRequests,
  ...hopRequests,
  // What goes wrong in its body may begin to reach a target through Sluice too.
].filter(({ gets, breaks }) => gets.length === 0 && !breaks);

/** So long a proxy may be silent before its connection counts as done. */
const silenceMs = 150;

interface Proxy {
  readonly name: string;
  readonly command: readonly string[];
  readonly configText: (ports: { own: number; target: number; folder: string }) => string;
}

const proxies: readonly Proxy[] = [
  {
    name: 'nginx',
    command: ['nginx', '-c'],
    configText: ({ own, target, folder }) => `daemon off; master_process off; pid ${folder}/pid; error_log /dev/null;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  server {
    listen 127.0.0.1:${own};
    location / { proxy_pass http://127.0.0.1:${target}; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  },
  {
    name: 'HAProxy',
    command: ['haproxy', '-f'],
    configText: ({ own, target }) => `defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen all
  bind 127.0.0.1:${own}
  server target 127.0.0.1:${target}
`,
  },
];

/** A target that answers whatever ends in an empty line, and keeps what it got since it was asked last. */
async function startTarget(): Promise<{ port: number; take: () => string; stop: () => void }> {
  let got = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1');
      if (got.endsWith('\r\n\r\n') || got.endsWith('hello'))
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const take = () => {
    const taken = got;
    got = '';
    return taken;
  };
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, take, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Sends bytes and waits until the other side closes or says nothing more. */
async function send(port: number, text: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const closed = Promise.withResolvers<void>();
  socket.on('error', () => {});
  socket.on('close', () => closed.resolve());
  socket.setTimeout(silenceMs, () => socket.destroy());
  socket.resume();
  socket.write(text, 'latin1');
  await closed.promise;
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.on('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
  const reached = await promise;
  socket.destroy();
  return reached;
}

async function tryProxy({ name, command: [program = '', ...parameters], configText }: Proxy): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-proxies-'));
  const target = await startTarget();
  let child: ChildProcess | null = null;
  try {
    const own = await freePort();
    const file = path.join(folder, 'config');
    writeFileSync(file, configText({ own, target: target.port, folder }));
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
    child = spawn(program, [...parameters, file], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    await waitUntil(name, () => canConnect(own));
    const reached: string[] = [];
    for (const it of refused) {
      await send(own, it.send);
      if (target.take() !== '') reached.push(`${it.told.join()}: ${it.name}`);
    }
    console.log(`${name}: ${reached.length} of ${refused.length} reach the target`);
    for (const line of reached) console.log(`  ${line}`);
  } finally {
    if (child !== null && child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    target.stop();
    rmSync(folder, { recursive: true });
  }
}

for (const proxy of proxies) await tryProxy(proxy);

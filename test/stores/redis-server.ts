import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { within } from '../support/wait.ts';

const portAttempts = 5;

/** Why tests with Redis are skipped, false where they are not. */
export const withoutRedis =
  spawnSync('redis-server', ['-v']).error === undefined ? false : 'redis-server is not installed';

/** A Redis server on a port of its own, which keeps nothing on disk. */
export class RedisServer {
  readonly port: number;
  private readonly options: readonly string[];
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'sluice-redis-'));
  private process: ChildProcess | null = null;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.options = options;
  }

  /** `options` are for the command line; `{port}` in them is the server's port, `{free}` another free one. */
  static async start(...options: string[]): Promise<RedisServer> {
    for (let attempt = 1; ; attempt += 1) {
      const [port, other] = await findFreePorts();
      const server = new RedisServer(
        port,
        options.map((option) => option.replaceAll('{port}', String(port)).replaceAll('{free}', String(other))),
      );
      try {
        await server.restart();
        return server;
      } catch (error) {
        // Somebody else may have taken the port meanwhile.
        await server.stop();
        if (attempt === portAttempts) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again, empty, on the same port. */
  async restart(): Promise<void> {
    const usual = ['--port', String(this.port), '--dir', this.folder];
    if (!this.options.includes('--sentinel')) usual.push('--save', '');
    // The file of a Sentinel has to come first, and of an option that is there twice the last one counts.
    const [file, ...options] = this.options[0]?.startsWith('--') === false ? this.options : ['', ...this.options];
    const words = [...(file === undefined || file === '' ? [] : [file]), ...usual, ...options];
    const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process = child;
    const ready = Promise.withResolvers<void>();
    let printed = '';
    child.stdout.on('data', (text: Buffer) => {
      printed += text.toString();
      if (/Ready to accept connections|Sentinel ID is/.test(printed)) ready.resolve();
    });
    child.once('error', ready.reject);
    child.once('exit', () => ready.reject(new Error(`redis-server ended:\n${printed}`)));
    await within('redis-server is ready', ready.promise);
  }

  /** What the server answers, as text. */
  async command(...words: string[]): Promise<string> {
    const cli = spawn('redis-cli', ['-p', String(this.port), ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    cli.stdout.on('data', (text: Buffer) => {
      printed += text.toString();
    });
    await within('redis-cli has ended', once(cli, 'close'));
    if (/^(ERR|NOAUTH)/.test(printed)) throw new Error(printed);
    return printed;
  }

  /** It keeps its connections and takes new ones, but answers nothing. */
  pause(): void {
    this.process?.kill('SIGSTOP');
  }

  resume(): void {
    this.process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await within('redis-server is gone', exited);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function findFreePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  for (const server of servers) server.listen(0, '127.0.0.1');
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [first = 0, second = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return [first, second];
}

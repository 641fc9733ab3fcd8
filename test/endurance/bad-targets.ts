import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { okText, startRawTarget, type RawTarget, type TargetScript } from '../support/raw-target.ts';

const head = 'HTTP/1.1 200 OK\r\n';
const chunkedHead = `${head}Transfer-Encoding: chunked\r\n\r\n`;

/** Sends the same piece again and again, up to 64 MB a second. */
function endless(first: string, piece: string): TargetScript {
  const pieces = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  return async (connection) => {
    await connection.requestHead();
    await connection.write(first);
    while (connection.ending === null) {
      await connection.write(pieces);
      await delay(1);
    }
  };
}

/** Sends a piece every 20 ms. */
function dripping(first: string, piece: string): TargetScript {
  return async (connection) => {
    await connection.requestHead();
    await connection.write(first);
    const drip = setInterval(() => void connection.write(piece), 20);
    connection.socket.once('close', () => clearInterval(drip));
  };
}

/** Of what a target sends without end before the body of an answer, and what a client is told that waits for it. */
export const endlessHeads = {
  'dropped-interim': [endless('', 'HTTP/1.1 100 Continue\r\n\r\n'), 'upstream_invalid_response'],
  interim: [endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'upstream_invalid_response'],
  'status-line': [endless('HTTP/1.1 200 ', 'x'), 'upstream_invalid_response'],
  head: [endless(head, 'X: y\r\n'), 'upstream_invalid_response'],
  'head-in-pieces': [dripping(head, 'X: y\r\n'), 'upstream_timeout'],
} as const;

/** Of what a target sends without end after the head, and whether it may: then it goes on until the client leaves. */
export const endlessBodies = {
  chunks: [endless(chunkedHead, '5\r\nhello\r\n'), true],
  'until-close': [endless(`${head}\r\n`, 'hello'), true],
  'chunk-extension': [endless(`${chunkedHead}5;`, 'x'), false],
  trailers: [endless(`${chunkedHead}0\r\n`, 'X: y\r\n'), false],
} as const;

const earlyAnswer: TargetScript = async (connection) => {
  await connection.requestHead();
  connection.socket.pause();
  await connection.write(okText('enough'));
};

const poisoner: TargetScript = async (connection) => {
  await connection.request();
  await connection.write(okText('fine'));
  setTimeout(() => void connection.write(okText('poison').repeat(5_000)), 5);
};

const scripts: Readonly<Record<string, TargetScript>> = {
  silent: () => {},
  early: earlyAnswer,
  poisoner,
  unavailable: endless('HTTP/1.1 503 No\r\n\r\n', 'no'),
  ...Object.fromEntries(Object.entries(endlessHeads).map(([name, [script]]) => [name, script])),
  ...Object.fromEntries(Object.entries(endlessBodies).map(([name, [script]]) => [name, script])),
};

const options: Readonly<Record<string, object>> = {
  silent: { pool: { max_connections: 50, max_waiting: 100, wait_timeout: '500ms', idle_timeout: '300ms' } },
  unavailable: { retry: { attempts: 2, initial_delay: '10ms', budget: 1 } },
};

/** Targets that behave badly, each in its own way, by name. */
export class BadTargets {
  private readonly targets: ReadonlyMap<string, RawTarget>;

  private constructor(targets: ReadonlyMap<string, RawTarget>) {
    this.targets = targets;
  }

  static async start(t: TestContext): Promise<BadTargets> {
    const targets = new Map<string, RawTarget>();
    for (const [name, script] of Object.entries(scripts)) targets.set(name, await startRawTarget(t, script));
    return new BadTargets(targets);
  }

  /** As a configuration has them. */
  get upstreams(): Readonly<Record<string, { readonly targets: readonly string[] }>> {
    const entries = [...this.targets].map(([name, { url }]) => {
      return [name, { targets: [url], timeouts: { response: '700ms' }, ...options[name] }] as const;
    });
    return Object.fromEntries(entries);
  }

  connectionsOf(name: string): RawTarget['connections'] {
    return (this.targets.get(name) ?? assert.fail(name)).connections;
  }

  /** Resolves when the gateway has ended every connection to this one. */
  async haveEnded(name: string): Promise<void> {
    const connections = this.connectionsOf(name);
    for (const { socket } of connections) socket.resume();
    await Promise.all(connections.map((connection) => connection.ended()));
  }
}

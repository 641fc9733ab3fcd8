import type { TestContext } from 'node:test';
import { readHead, type ReadRequest } from '../support/http-message.ts';
import { startRawTarget, type RawTarget, type TargetConnection } from '../support/raw-target.ts';

/** How a target says where the body of its answer ends. */
export const framings = ['length', 'chunked', 'close'] as const;
export type Framing = (typeof framings)[number];

export interface CountingTarget {
  readonly target: RawTarget;
  /** How often the head of a request was seen, by its path. */
  readonly heads: ReadonlyMap<string, number>;
  /** How often a whole request was seen, by its path. */
  readonly requests: ReadonlyMap<string, number>;
}

/** The body of the answer to a path `/FRAMING/…`, of which no part looks like the whole. */
export function bodyFor(path: string): string {
  return `<${path} ${'0123456789'.repeat(12)}>`;
}

/** A target that counts what it is asked, and answers each path with a body of its own, framed as the path says. */
export async function startCountingTarget(t: TestContext): Promise<CountingTarget> {
  const heads = new Map<string, number>();
  const requests = new Map<string, number>();
  const target = await startRawTarget(t, async (connection) => {
    for (;;) {
      const { startLine } = await connection.until('a head', () => readHead(connection.received)?.head ?? null);
      count(heads, startLine.split(' ')[1] ?? '');
      const request = await connection.request();
      count(requests, request.target);
      await answer(connection, request);
    }
  });
  return { target, heads, requests };
}

function count(counts: Map<string, number>, path: string): void {
  counts.set(path, (counts.get(path) ?? 0) + 1);
}

async function answer(connection: TargetConnection, { target: path }: ReadRequest): Promise<void> {
  const body = bodyFor(path);
  const [, framing = ''] = path.split('/');
  if (framing === 'length') {
    await connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  } else if (framing === 'chunked') {
    const half = body.length >> 1;
    const chunks = [body.slice(0, half), body.slice(half), ''];
    const written = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
    await connection.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${written}`);
  } else {
    await connection.write(`HTTP/1.1 200 OK\r\n\r\n${body}`);
    connection.end();
  }
}

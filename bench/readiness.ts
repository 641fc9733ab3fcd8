import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { tail, type StartedProcess } from './processes.ts';

const readyLimitMs = 15_000;
const answerLimitMs = 2_000;

/**
 * Resolves to the body of the first answer with status 200 on that port. Rejects when the process ends before, or says
 * nothing for too long.
 *
 * @param pauseMs between two tries
 */
export async function waitForAnswer(
  started: StartedProcess,
  { port, path, pauseMs }: { readonly port: number; readonly path: string; readonly pauseMs: number },
): Promise<string> {
  const limitMs = performance.now() + readyLimitMs;
  while (performance.now() < limitMs) {
    const body = await askFor(port, path);
    if (body !== null) return body;
    if (started.hasEnded) throw new Error(`${started.name} ended before it served: ${tail(started)}`);
    await delay(pauseMs);
  }
  throw new Error(`${started.name} does not answer on port ${port}: ${tail(started)}`);
}

/** The body of a 200, or null for every other outcome. */
async function askFor(port: number, path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: answerLimitMs }, (response) => {
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.once('error', () => resolve(null));
    response.once('end', () => resolve(response.statusCode === 200 ? Buffer.concat(pieces).toString() : null));
  });
  request.once('timeout', () => request.destroy());
  request.once('error', () => resolve(null));
  return await promise;
}

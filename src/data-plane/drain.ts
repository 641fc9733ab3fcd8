import { turnClock } from '../lib/turn-clock.ts';
import type { Listeners } from './listeners.ts';
import type { WorkerContext } from './worker-context.ts';

const lookAgainMs = 20;

/**
 * Stops accepting, lets every request under way finish, and tells its client that the connection ends. Resolves when no
 * connection is left, at the latest after `timeoutMs`; what is left then is cut.
 */
export function drain(init: { ctx: WorkerContext; listeners: Listeners; timeoutMs: number }): Promise<void> {
  const { ctx, listeners } = init;
  turnClock.refresh();
  ctx.draining = true;
  listeners.close();
  for (const connection of ctx.connections) connection.drain();
  const end = ctx.clock.now() + init.timeoutMs;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (ctx.connections.size > 0 && turnClock.refresh() < end) return;
      clearInterval(timer);
      const left = ctx.connections.size;
      if (left > 0) ctx.logger.log('warn', `${left} connections were cut when the time for draining was over`);
      for (const connection of ctx.connections) connection.abort();
      resolve();
    }, lookAgainMs);
  });
}

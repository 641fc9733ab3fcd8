import { Session } from 'node:inspector/promises';
import { waitUntil } from './wait.ts';

interface Attached {
  readonly params: { readonly sessionId: string; readonly workerInfo: { readonly title: string } };
}

/**
 * Ends the worker thread of this process with the title given, from within it, as a defect there would: by the
 * debugger's own means, so that the program under test needs no door for it.
 */
export async function crashWorkerThread(title: string): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    const found: string[] = [];
    session.on('NodeWorker.attachedToWorker', (message) => {
      const { params } = message as unknown as Attached;
      if (params.workerInfo.title.includes(title)) found.push(params.sessionId);
    });
    await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const sessionId = await waitUntil(`a worker thread called ${title}`, () => found[0] ?? null);
    const expression = "setImmediate(() => { throw new Error('crashed by a test'); })";
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    await session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    await session.post('NodeWorker.disable');
  } finally {
    session.disconnect();
  }
}

import type { ChildProcess } from 'node:child_process';
import type { ThreadQuestion, ThreadReport } from './thread-report.ts';
import { within } from './wait.ts';

/** What a process needs in its environment so that its threads can be asked; it has to have a channel too. */
export const probeEnvironment: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--import=${new URL('./thread-probe.ts', import.meta.url).href}`,
};

interface Reply {
  readonly id: number;
  readonly report: ThreadReport;
}

/** Asks the threads of a process that was started with the probe. */
export class ThreadAsker {
  private readonly child: ChildProcess;
  private lastId = 0;

  constructor(child: ChildProcess) {
    this.child = child;
  }

  /** What each of `count` threads says, in the order of their names. */
  async ask(count: number, wanted: Partial<Pick<ThreadQuestion, 'collect' | 'objects'>>): Promise<ThreadReport[]> {
    const id = ++this.lastId;
    const reports: ThreadReport[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const listen = (reply: Reply) => {
      if (reply.id === id && reports.push(reply.report) === count) resolve();
    };
    this.child.on('message', listen);
    try {
      this.send({ id, collect: false, objects: false, crash: null, ...wanted });
      await within(`${count} threads to answer`, promise, 30_000);
    } finally {
      this.child.off('message', listen);
    }
    return reports.toSorted((left, right) => left.thread.localeCompare(right.thread));
  }

  /** Ends the thread of this name from within, as a defect would. */
  crash(thread: string): void {
    this.send({ id: ++this.lastId, collect: false, objects: false, crash: thread });
  }

  private send(question: ThreadQuestion): void {
    this.child.send(question);
  }
}

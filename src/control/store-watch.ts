import type { Logger } from '../core/ports.ts';
import type { KeyStore } from '../stores/key-store.ts';

const reminderMs = 60_000;

/** Tells the log when the store goes away and when it is back, and once a minute in between. */
export class StoreWatch {
  readonly #logger: Logger;
  readonly #consequence: string;
  #reminder: NodeJS.Timeout | undefined;

  /** `consequence` is what the loss means for requests. */
  constructor(store: KeyStore, logger: Logger, consequence: string) {
    this.#consequence = consequence;
    this.#logger = logger;
    store.onStateChange((up) => this.#change(up));
  }

  stop(): void {
    clearInterval(this.#reminder);
    this.#reminder = undefined;
  }

  #change(up: boolean): void {
    this.stop();
    if (up) {
      this.#logger.log('info', 'the store can be reached again');
      return;
    }
    this.#remind();
    this.#reminder = setInterval(() => this.#remind(), reminderMs);
    this.#reminder.unref();
  }

  #remind(): void {
    this.#logger.log('warn', `the store cannot be reached: ${this.#consequence}`);
  }
}

import type { Config } from '../config/schema.ts';
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

/** What a lost store means for requests, in the words of the log. */
export function consequenceOfLoss({ on_store_failure: onFailure, store }: Config): string {
  const isShared = store.startsWith('redis');
  if (onFailure === 'reject') {
    return `requests with keys of the store${isShared ? ', and those with a limit,' : ''} are refused`;
  }
  return `known keys go on, unknown ones get 503${isShared ? ', limits are those of this gateway alone' : ''}`;
}

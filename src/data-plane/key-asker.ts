import type { FindKey, KeyAnswer } from '../core/worker-messages.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import type { StoredKey } from '../core/stored-key.ts';
import { Timed, type TimerWheel } from '../lib/timer-wheel.ts';

/** The control thread has this long to answer; its own store answers in less. */
const patienceMs = 2_000;

/** One question to the control thread. */
class Asking extends Timed {
  readonly promise: Promise<StoredKey | null>;
  readonly resolve: (key: StoredKey | null) => void;
  private readonly reject: (error: Error) => void;
  private readonly onLate: () => void;

  constructor(onLate: () => void) {
    super();
    const { promise, resolve, reject } = Promise.withResolvers<StoredKey | null>();
    this.promise = promise;
    this.resolve = resolve;
    this.reject = reject;
    this.onLate = onLate;
  }

  fail(message: string): void {
    this.reject(new StoreUnavailableError(message));
  }

  override onDeadline(): void {
    this.onLate();
    this.fail('The control thread did not say in time whose key it is.');
  }
}

/** Asks the control thread, which has the store, whose keys these are. */
export class KeyAsker {
  private readonly askings = new Map<number, Asking>();
  private readonly send: (question: FindKey) => void;
  private readonly wheel: TimerWheel;
  private readonly clock: { now(): number };
  private last = 0;

  constructor(init: { send: (question: FindKey) => void; wheel: TimerWheel; clock: { now(): number } }) {
    this.send = init.send;
    this.wheel = init.wheel;
    this.clock = init.clock;
  }

  /** Rejects with a StoreUnavailableError where nobody can say. Whoever asks bounds how many askings there are. */
  ask(sha256: string): Promise<StoredKey | null> {
    const number = ++this.last;
    const asking = new Asking(() => this.askings.delete(number));
    this.askings.set(number, asking);
    this.wheel.schedule(asking, this.clock.now() + patienceMs);
    this.send({ kind: 'find-key', ask: number, sha256 });
    return asking.promise;
  }

  receive(answer: KeyAnswer): void {
    const asking = this.askings.get(answer.ask);
    if (asking === undefined) return;
    this.askings.delete(answer.ask);
    this.wheel.remove(asking);
    if (answer.kind === 'key-found') asking.resolve(answer.key);
    else asking.fail('The key store is away.');
  }
}

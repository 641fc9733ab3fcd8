import type { FindKey, KeyAnswer } from '../core/worker-messages.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import type { StoredKey } from '../core/stored-key.ts';
import { Timed, type TimerWheel } from '../lib/timer-wheel.ts';

/** The control thread has this long to answer; its own store answers in less. */
const patienceMs = 2_000;

/** Somebody who waits for the answer to one digest. */
interface Asking {
  readonly resolve: (key: StoredKey | null) => void;
  readonly reject: (error: Error) => void;
}

/** One question to the control thread, about all keys that were asked for in one turn of the event loop. */
class Question extends Timed {
  readonly number: number;
  readonly digests: string[] = [];
  readonly askings: Asking[] = [];
  private readonly onLate: (number: number) => void;

  constructor(number: number, onLate: (number: number) => void) {
    super();
    this.number = number;
    this.onLate = onLate;
  }

  ask(sha256: string): Promise<StoredKey | null> {
    const { promise, resolve, reject } = Promise.withResolvers<StoredKey | null>();
    this.digests.push(sha256);
    this.askings.push({ resolve, reject });
    return promise;
  }

  answer(keys: KeyAnswer['keys']): void {
    for (const [at, asking] of this.askings.entries()) {
      const key = keys[at] ?? null;
      if (key === 'unknown') asking.reject(new StoreUnavailableError('The key store is away.'));
      else asking.resolve(key);
    }
  }

  override onDeadline(): void {
    this.onLate(this.number);
    const error = new StoreUnavailableError('The control thread did not say in time whose key it is.');
    for (const asking of this.askings) asking.reject(error);
  }
}

/**
 * Asks the control thread, which has the store, whose keys these are. What is asked for in one turn goes in one message:
 * a message costs more than what it asks for.
 */
export class KeyAsker {
  private readonly questions = new Map<number, Question>();
  private readonly send: (question: FindKey) => void;
  private readonly wheel: TimerWheel;
  private readonly clock: { now(): number };
  private readonly forget = (number: number): void => void this.questions.delete(number);
  private readonly flush = (): void => this.sendNext();
  /** The question that is still being gathered. */
  private next: Question | null = null;
  private last = 0;

  constructor(init: { send: (question: FindKey) => void; wheel: TimerWheel; clock: { now(): number } }) {
    this.send = init.send;
    this.wheel = init.wheel;
    this.clock = init.clock;
  }

  /** Rejects with a StoreUnavailableError where nobody can say. Whoever asks bounds how many askings there are. */
  ask(sha256: string): Promise<StoredKey | null> {
    if (this.next === null) {
      this.next = new Question(++this.last, this.forget);
      setImmediate(this.flush);
    }
    return this.next.ask(sha256);
  }

  private sendNext(): void {
    const question = this.next;
    if (question === null) return;
    this.next = null;
    this.questions.set(question.number, question);
    this.wheel.schedule(question, this.clock.now() + patienceMs);
    this.send({ kind: 'find-key', ask: question.number, sha256: question.digests });
  }

  receive({ ask, keys }: KeyAnswer): void {
    const question = this.questions.get(ask);
    if (question === undefined) return;
    this.questions.delete(ask);
    this.wheel.remove(question);
    question.answer(keys);
  }
}

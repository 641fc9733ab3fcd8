import type { Clock } from '../core/ports.ts';
import { Timed, type TimerWheel } from '../lib/timer-wheel.ts';

/** What a forward waits for: a connection in the queue, the target to take the body, its head, its body, or a retry. */
export type Waiting = 'nothing' | 'connection' | 'request-taken' | 'response' | 'body' | 'retry';

/** The one deadline that a forward has at a time. */
export class ForwardDeadline extends Timed {
  waiting: Waiting = 'nothing';
  private readonly ctx: { readonly wheel: TimerWheel; readonly clock: Clock };
  private readonly onPassed: (waiting: Waiting) => void;

  constructor(ctx: { readonly wheel: TimerWheel; readonly clock: Clock }, onPassed: (waiting: Waiting) => void) {
    super();
    this.ctx = ctx;
    this.onPassed = onPassed;
  }

  /** Replaces what was waited for. */
  set(waiting: Exclude<Waiting, 'nothing'>, milliseconds: number): void {
    this.waiting = waiting;
    this.ctx.wheel.schedule(this, this.ctx.clock.now() + milliseconds);
  }

  clear(): void {
    this.waiting = 'nothing';
    this.ctx.wheel.cancel(this);
  }

  /** There will be no other one: the wheel does not keep it alive until it comes by. */
  discard(): void {
    this.waiting = 'nothing';
    this.ctx.wheel.remove(this);
  }

  override onDeadline(): void {
    const { waiting } = this;
    this.waiting = 'nothing';
    if (waiting !== 'nothing') this.onPassed(waiting);
  }
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assert as assertProperty, array, constantFrom, integer, property, record } from 'fast-check';
import { Timed, TimerWheel } from './timer-wheel.ts';

const tickMs = 10;
/** The wheel has 1,024 slots. */
const rotationMs = 1024 * tickMs;

class Alarm extends Timed {
  readonly rungAt: number[] = [];
  onRing: (() => void) | null = null;

  override onDeadline(nowMs: number): void {
    this.rungAt.push(nowMs);
    this.onRing?.();
  }
}

/** A wheel on a clock that a test moves; it starts at a time that is no multiple of a tick. */
class TestWheel {
  nowMs: number;
  readonly wheel: TimerWheel;

  constructor(startMs = 12_345.6) {
    this.nowMs = startMs;
    this.wheel = new TimerWheel({ tickMs, clock: () => this.nowMs });
  }

  set(alarm: Alarm, inMs: number): void {
    this.wheel.schedule(alarm, this.nowMs + inMs);
  }

  /** Goes on in steps as a timer would make them. */
  pass(milliseconds: number, stepMs = tickMs): void {
    const endMs = this.nowMs + milliseconds;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(this.nowMs + stepMs, endMs);
      this.wheel.advance(this.nowMs);
    }
  }
}

describe('a deadline', () => {
  for (const inMs of [0, 1, 9.9, 10, 10.1, 25, 999, rotationMs - 1, rotationMs, rotationMs + 1, 3.5 * rotationMs]) {
    test(`in ${inMs} ms is never early and at most one tick late`, (context) => {
      const time = new TestWheel();
      context.after(() => time.wheel.stop());
      const alarm = new Alarm();
      const dueMs = time.nowMs + inMs;
      time.set(alarm, inMs);
      while (alarm.rungAt.length === 0 && time.nowMs < dueMs + 100) time.pass(1, 1);
      const rungAt = alarm.rungAt[0] ?? NaN;
      assert.ok(rungAt >= dueMs && rungAt <= dueMs + tickMs + 1, `due at ${dueMs}, rung at ${rungAt}`);
      time.pass(2 * rotationMs);
      assert.equal(alarm.rungAt.length, 1);
    });
  }

  test('that has passed already fires at the next tick', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const alarm = new Alarm();
    time.set(alarm, -5000);
    time.wheel.advance(time.nowMs);
    assert.deepEqual(alarm.rungAt, []);
    time.pass(tickMs);
    assert.equal(alarm.rungAt.length, 1);
  });

  test('that is put off fires once, at its last time', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const alarm = new Alarm();
    for (let round = 0; round < 50; round++) {
      time.set(alarm, 100);
      time.pass(90);
    }
    assert.deepEqual(alarm.rungAt, []);
    time.pass(30);
    assert.equal(alarm.rungAt.length, 1);
  });

  test('that is moved to an earlier time fires then, and not again', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const alarm = new Alarm();
    time.set(alarm, 2 * rotationMs);
    time.set(alarm, 50);
    time.pass(70);
    assert.equal(alarm.rungAt.length, 1);
    time.pass(3 * rotationMs);
    assert.equal(alarm.rungAt.length, 1);
  });

  test('that is taken away does not fire, and one set anew does', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const [cancelled, removed] = [new Alarm(), new Alarm()];
    for (const alarm of [cancelled, removed]) time.set(alarm, 50);
    time.wheel.cancel(cancelled);
    time.wheel.remove(removed);
    time.pass(200);
    assert.deepEqual([cancelled.rungAt, removed.rungAt], [[], []]);
    for (const alarm of [cancelled, removed]) time.set(alarm, 50);
    time.pass(70);
    assert.deepEqual([cancelled.rungAt.length, removed.rungAt.length], [1, 1]);
  });

  test('that is taken away and set anew before the wheel comes by fires at the new time', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const alarm = new Alarm();
    for (const inMs of [20, 80]) {
      time.set(alarm, 50);
      time.wheel.cancel(alarm);
      time.set(alarm, inMs);
      time.pass(inMs - 5);
      assert.deepEqual(alarm.rungAt, []);
      time.pass(5 + tickMs);
      assert.equal(alarm.rungAt.splice(0).length, 1);
    }
  });

  test('fires after a stall longer than a rotation', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const alarms = Array.from({ length: 300 }, () => new Alarm());
    for (const [index, alarm] of alarms.entries()) time.set(alarm, index * 97);
    time.nowMs += 10 * rotationMs;
    time.wheel.advance(time.nowMs);
    assert.deepEqual(
      alarms.map((alarm) => alarm.rungAt),
      alarms.map(() => [time.nowMs]),
    );
  });
});

describe('what a deadline does', () => {
  test('may set it again, put another off, take another away and bring a new one', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const [first, putOff, cancelled, removed, added] = [
      new Alarm(),
      new Alarm(),
      new Alarm(),
      new Alarm(),
      new Alarm(),
    ];
    // The entry that was added last is looked at first.
    for (const alarm of [putOff, cancelled, removed, first]) time.set(alarm, 50);
    first.onRing = () => {
      first.onRing = null;
      time.set(first, 100);
      time.set(putOff, 200);
      time.wheel.cancel(cancelled);
      time.wheel.remove(removed);
      time.set(added, 0);
    };
    time.pass(80);
    assert.deepEqual(
      [first, putOff, cancelled, removed, added].map((alarm) => alarm.rungAt.length),
      [1, 0, 0, 0, 1],
    );
    time.pass(1000);
    assert.deepEqual(
      [first, putOff, cancelled, removed, added].map((alarm) => alarm.rungAt.length),
      [2, 1, 0, 0, 1],
    );
  });

  test('finds the entry out of the wheel', (context) => {
    const time = new TestWheel();
    context.after(() => time.wheel.stop());
    const alarm = new Alarm();
    const seen: unknown[] = [];
    alarm.onRing = () => seen.push([alarm.deadline, alarm.wheelTick, alarm.wheelNext, alarm.wheelPrevious]);
    time.set(alarm, 50);
    time.pass(100);
    assert.deepEqual(seen, [[Infinity, -1, null, null]]);
  });
});

type Step = {
  readonly kind: 'schedule' | 'cancel' | 'remove' | 'advance';
  readonly which: number;
  readonly ms: number;
};

/** Runs the same steps on a wheel and on a list of deadlines, and compares what has fired after each advance. */
function compareWithList(steps: Iterable<Step>, alarmCount: number): void {
  const time = new TestWheel();
  const alarms = Array.from({ length: alarmCount }, () => new Alarm());
  const deadlines = new Map<Alarm, number>();
  /** The tick that the wheel has come to: a deadline set for an earlier one waits for the next. */
  let visitedMs = Math.floor(time.nowMs / tickMs) * tickMs;
  for (const { kind, which, ms } of steps) {
    const alarm = alarms[which % alarmCount] ?? new Alarm();
    if (kind === 'schedule') {
      if (deadlines.size === 0) visitedMs = Math.max(visitedMs, Math.floor(time.nowMs / tickMs) * tickMs);
      time.set(alarm, ms);
      deadlines.set(alarm, time.nowMs + ms);
    } else if (kind === 'advance') {
      time.nowMs += ms;
      time.wheel.advance(time.nowMs);
      for (const [one, deadline] of [...deadlines].toSorted(([, a], [, b]) => a - b)) {
        const rung = one.rungAt.splice(0);
        if (deadline > time.nowMs) {
          assert.deepEqual(rung, [], 'early');
        } else if (rung.length > 0) {
          assert.deepEqual(rung, [time.nowMs]);
          deadlines.delete(one);
        } else {
          const lastTickMs = Math.floor(time.nowMs / tickMs) * tickMs;
          assert.ok(deadline > lastTickMs || lastTickMs <= visitedMs, `${deadline} has not fired at ${time.nowMs}`);
        }
      }
      visitedMs = Math.max(visitedMs, Math.floor(time.nowMs / tickMs) * tickMs);
    } else {
      time.wheel[kind](alarm);
      deadlines.delete(alarm);
    }
    assert.ok(deadlines.has(alarm) || alarm.deadline === Infinity);
  }
  for (const alarm of alarms) assert.deepEqual(alarm.rungAt, [], 'fired though nothing was set');
  time.wheel.stop();
}

describe('a wheel', () => {
  test('does what a list of deadlines does, in short runs that shrink', () => {
    const step = record({
      kind: constantFrom(
        'schedule' as const,
        'schedule' as const,
        'cancel' as const,
        'remove' as const,
        'advance' as const,
      ),
      which: integer({ min: 0, max: 3 }),
      ms: constantFrom(0, 1, 3, 9, 10, 11, 30, 100, rotationMs - tickMs, rotationMs, rotationMs + 5, 2.5 * rotationMs),
    });
    assertProperty(
      property(array(step, { maxLength: 40 }), (steps) => compareWithList(steps, 4)),
      { numRuns: 300 },
    );
  });

  test('does what a list of deadlines does over 100,000 operations', () => {
    let random = 0x2545_f491;
    const next = (below: number) => {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      return (random >>> 0) % below;
    };
    const operations = Array.from({ length: 100_000 }, (): Step => {
      const kind = (['schedule', 'schedule', 'schedule', 'schedule', 'cancel', 'remove', 'advance'] as const)[next(7)];
      const scale = kind === 'advance' ? 40 : ([20, 500, 3 * rotationMs] as const)[next(3)];
      return { kind: kind ?? 'advance', which: next(200), ms: next(scale ?? 1) };
    });
    compareWithList(operations, 200);
  });

  test('has a timer of its own, which runs only while it has entries', (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    const time = new TestWheel();
    const alarm = new Alarm();
    time.set(alarm, 25);
    time.nowMs += 20;
    context.mock.timers.tick(20);
    assert.deepEqual(alarm.rungAt, []);
    time.nowMs += 20;
    context.mock.timers.tick(20);
    assert.equal(alarm.rungAt.length, 1);
    const advance = context.mock.method(time.wheel, 'advance');
    const advances = () => advance.mock.callCount();
    context.mock.timers.tick(1000);
    assert.equal(advances(), 0);
    time.set(alarm, 25);
    context.mock.timers.tick(20);
    assert.equal(advances(), 2);
    time.wheel.remove(alarm);
    context.mock.timers.tick(1000);
    assert.equal(advances(), 2);
  });
});

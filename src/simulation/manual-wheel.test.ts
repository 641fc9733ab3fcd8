import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timed } from '../lib/timer-wheel.ts';
import { ManualClock } from './manual-clock.ts';
import { ManualWheel } from './manual-wheel.ts';

class Noted extends Timed {
  private readonly note: () => void;

  constructor(note: () => void) {
    super();
    this.note = note;
  }

  override onDeadline(): void {
    this.note();
  }
}

function createWheel() {
  const clock = new ManualClock(0);
  const wheel = new ManualWheel(clock);
  const fired: string[] = [];
  const add = (name: string, afterMs: number) => {
    const entry = new Noted(() => fired.push(name));
    wheel.schedule(entry, clock.now() + afterMs);
    return entry;
  };
  const advance = (milliseconds: number) => {
    clock.moveTo(clock.now() + milliseconds);
    wheel.advance(clock.now());
  };
  return { clock, wheel, fired, add, advance };
}

test('deadlines fire when they are due, the earliest first, equal ones as they were set', () => {
  const { fired, add, advance } = createWheel();
  add('c', 20);
  add('a', 10);
  add('b', 10);
  advance(9.9);
  assert.deepEqual(fired, []);
  advance(20);
  assert.deepEqual(fired, ['a', 'b', 'c']);
  advance(1_000);
  assert.equal(fired.length, 3);
});

test('a deadline can be put off and taken away, also by one that fires before it', () => {
  const { clock, wheel, fired, add, advance } = createWheel();
  const late = add('late', 10);
  wheel.schedule(late, clock.now() + 30);
  wheel.cancel(add('cancelled', 10));
  const first = new Noted(() => wheel.remove(second));
  const second = new Noted(() => fired.push('removed'));
  wheel.schedule(first, clock.now() + 5);
  wheel.schedule(second, clock.now() + 6);
  advance(20);
  assert.deepEqual(fired, []);
  advance(10);
  assert.deepEqual(fired, ['late']);
});

test('the next deadline is known, and is not before now', () => {
  const { clock, wheel, add } = createWheel();
  assert.equal(wheel.earliest(), Infinity);
  add('b', 70);
  const next = clock.now() + 50;
  add('a', 50);
  assert.equal(wheel.earliest(), next);
  clock.moveTo(next + 5);
  assert.equal(wheel.earliest(), next + 5);
  wheel.stop();
  assert.equal(wheel.earliest(), Infinity);
});

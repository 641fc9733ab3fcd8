import { turnClock } from './turn-clock.ts';

/** Somebody who left something to be done later, for others to have their turn first. */
export interface Postponing {
  onNextTurn(): void;
}

/** Those who did so since the last turn. */
let due: Postponing[] = [];

function runDue(): void {
  turnClock.refresh();
  const now = due;
  // Whoever postpones again is for the turn after this one.
  due = [];
  for (const each of now) each.onNextTurn();
}

/** Calls `onNextTurn` once all sockets that have something to read now have been read. */
export function inNextTurn(who: Postponing): void {
  if (due.length === 0) setImmediate(runDue);
  due.push(who);
}

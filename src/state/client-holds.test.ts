import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assert as assertProperty, commands, constantFrom, modelRun, property, type Command } from 'fast-check';
import { ClientHolds, holdRefused, holdUncounted, readHoldOverflows, releaseClientHolds } from './client-holds.ts';
import { runHammers } from './fixtures/run-hammers.ts';
import { createSharedState, holdSlots } from './layout.ts';

const shape = { workers: 3, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 8 };

function createHolds() {
  const state = createSharedState(shape);
  return { state, holds: [0, 1, 2].map((worker) => new ClientHolds(state, worker)) };
}

describe('what a client holds', () => {
  test('is bounded over all workers, apart from other clients and other kinds', () => {
    const [first, second] = createHolds().holds;
    assert.ok(first !== undefined && second !== undefined);
    const hold = first.take('c', 'a', 2);
    assert.ok(hold >= 0);
    assert.ok(second.take('c', 'a', 2) >= 0);
    assert.equal(first.take('c', 'a', 2), holdRefused);
    assert.equal(second.take('c', 'a', 2), holdRefused);
    assert.ok(second.take('c', 'b', 2) >= 0);
    assert.ok(second.take('r', 'a', 2) >= 0);
    first.giveBack(hold);
    assert.ok(second.take('c', 'a', 2) >= 0);
    assert.equal(first.take('c', 'a', 2), holdRefused);
  });

  test('is given back when its worker has ended', () => {
    const { state, holds } = createHolds();
    for (const each of holds) assert.ok(each.take('c', 'a', 9) >= 0);
    releaseClientHolds(state, 1);
    const [first] = holds;
    assert.ok((first?.take('c', 'a', 3) ?? holdRefused) >= 0);
    assert.equal(first?.take('c', 'a', 3), holdRefused);
  });

  test('may be nothing at all', () => {
    assert.equal(createHolds().holds[0]?.take('c', 'a', 0), holdRefused);
  });

  test('is let by uncounted where there is no room, and giving that back changes nothing', () => {
    const { state, holds } = createHolds();
    const [first] = holds;
    assert.ok(first !== undefined);
    let uncounted = 0;
    for (let client = 0; client < holdSlots; client += 1) {
      const hold = first.take('c', `client ${client}`, 1);
      if (hold !== holdUncounted) continue;
      uncounted += 1;
      first.giveBack(hold);
    }
    assert.ok(uncounted > 0 && uncounted < holdSlots / 4, `${uncounted} of ${holdSlots}`);
    assert.equal(readHoldOverflows(state), uncounted);
    // Everybody that was counted is still held to the limit.
    assert.equal(first.take('c', 'client 0', 1), holdRefused);
  });
});

test('no worker holds more than is allowed over all of them, however they meet', async () => {
  for (const most of [1, 5]) {
    const held = new SharedArrayBuffer(4);
    const job = { kind: 'holds', most, turns: 60_000, held } as const;
    const state = createSharedState(shape);
    const results = await runHammers(state, 3, job);
    const sum = (position: number) => results.reduce((total, result) => total + (result[position] ?? 0), 0);
    assert.equal(sum(0), 0, 'more were held at once than may be');
    assert.ok(sum(1) > 0 && sum(2) > 0, 'the limit was met');
    assert.equal(new Int32Array(held)[0], 0);
    const after = new ClientHolds(state, 0);
    for (let count = 0; count < most; count += 1) assert.ok(after.take('connection ', '192.0.2.1', most) >= 0);
    assert.equal(after.take('connection ', '192.0.2.1', most), holdRefused);
  }
});

interface Model {
  readonly held: Map<string, number[]>;
}
type Real = ClientHolds;

class Take implements Command<Model, Real> {
  readonly #client: string;
  readonly #most: number;

  constructor(client: string, most: number) {
    this.#client = client;
    this.#most = most;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const list = model.held.get(this.#client) ?? [];
    const hold = real.take('c', this.#client, this.#most);
    assert.equal(hold >= 0, list.length < this.#most);
    if (hold >= 0) model.held.set(this.#client, [...list, hold]);
  }

  toString(): string {
    return `take(${this.#client}, ${this.#most})`;
  }
}

class GiveBack implements Command<Model, Real> {
  readonly #client: string;

  constructor(client: string) {
    this.#client = client;
  }

  check(model: Readonly<Model>): boolean {
    return (model.held.get(this.#client)?.length ?? 0) > 0;
  }

  run(model: Model, real: Real): void {
    const hold = model.held.get(this.#client)?.pop();
    if (hold !== undefined) real.giveBack(hold);
  }

  toString(): string {
    return `giveBack(${this.#client})`;
  }
}

test('holds are what a list for each client would say', () => {
  const client = constantFrom('a', 'b', 'c');
  const steps = commands([
    client.chain((name) => constantFrom(1, 2, 3).map((most) => new Take(name, most))),
    client.map((name) => new GiveBack(name)),
  ]);
  assertProperty(
    property(steps, (list) => {
      const state = createSharedState({ ...shape, workers: 1 });
      modelRun(() => ({ model: { held: new Map() }, real: new ClientHolds(state, 0) }), list);
    }),
    { numRuns: 50 },
  );
});

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { array, assert as assertProperty, asyncProperty, constantFrom, integer, nat, oneof, record } from 'fast-check';
import { Outgoing } from './outgoing.ts';

const gatherBytes = 12_288;

/**
 * Stands for a socket: what the system takes at once is read during the write, and what it does not stays in the memory
 * that it came in until it is released.
 */
class TestSocket {
  /** What was taken, one text for each write. */
  readonly writes: string[] = [];
  keepsUp = true;
  takesAtOnce = true;
  private held: Buffer[] = [];

  get writableLength(): number {
    return this.held.reduce((length, bytes) => length + bytes.length, 0);
  }

  write(chunk: string | Buffer, encoding?: string): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding === 'latin1' ? 'latin1' : 'utf8') : chunk;
    if (this.takesAtOnce && this.held.length === 0) this.writes.push(bytes.toString('latin1'));
    else this.held.push(bytes);
    return this.keepsUp;
  }

  /** Everything that was held back is taken now. */
  release(): void {
    for (const bytes of this.held) this.writes.push(bytes.toString('latin1'));
    this.held = [];
  }
}

function createOutgoing(): { socket: TestSocket; outgoing: Outgoing; congestions: () => number } {
  const socket = new TestSocket();
  let congestions = 0;
  const outgoing = new Outgoing(socket as unknown as Socket, () => congestions++);
  return { socket, outgoing, congestions: () => congestions };
}

describe('what goes out', () => {
  test('is gathered and written at once, one character a byte', () => {
    const { socket, outgoing } = createOutgoing();
    const bytes = Buffer.from('xx\0\xffyy', 'latin1');
    assert.equal(outgoing.addText('\xe9'), true);
    assert.equal(outgoing.addBytes(bytes, 2, 4), true);
    assert.equal(outgoing.addText('b'), true);
    assert.equal(socket.writes.length, 0);
    bytes.fill(0);
    assert.equal(outgoing.flush(), true);
    assert.equal(outgoing.flush(), true);
    assert.deepEqual(socket.writes, ['\xe9\0\xffb']);
  });

  test('leaves at the end of the turn, once, in the order in which it was asked for', async () => {
    const order: string[] = [];
    const several = ['a', 'b', 'c'].map((name) => {
      const { socket, outgoing } = createOutgoing();
      socket.write = (text: string) => order.push(`${name}${text}`) > 0;
      return outgoing;
    });
    for (const outgoing of [...several, ...several]) {
      outgoing.addText('1');
      outgoing.flushSoon();
    }
    assert.deepEqual(order, []);
    await nextTurn();
    await nextTurn();
    assert.deepEqual(order, ['a11', 'b11', 'c11']);
  });

  test('leaves at the end of a later turn too', async () => {
    const { socket, outgoing } = createOutgoing();
    for (const text of ['a', 'b']) {
      outgoing.addText(text);
      outgoing.flushSoon();
      await nextTurn();
    }
    assert.deepEqual(socket.writes, ['a', 'b']);
  });

  test('may be added to, flushed and forgotten while the end of the turn is awaited', async () => {
    const { socket, outgoing } = createOutgoing();
    outgoing.addText('a');
    outgoing.flushSoon();
    outgoing.addText('b');
    outgoing.flush();
    outgoing.addText('c');
    outgoing.clear();
    await nextTurn();
    assert.deepEqual(socket.writes, ['ab']);
  });

  test('may be caused by a flush that finds another socket congested', async () => {
    const late = createOutgoing();
    const socket = new TestSocket();
    socket.keepsUp = false;
    const first = new Outgoing(socket as unknown as Socket, () => {
      late.outgoing.addText('late');
      late.outgoing.flushSoon();
    });
    first.addText('a');
    first.flushSoon();
    await nextTurn();
    await nextTurn();
    assert.deepEqual(late.socket.writes, ['late']);
  });

  test('is nothing where nothing was added', async () => {
    const { socket, outgoing } = createOutgoing();
    outgoing.flushSoon();
    await nextTurn();
    assert.deepEqual(socket.writes, []);
  });

  test('is gathered up to a bound, beyond which it is written', () => {
    const { socket, outgoing } = createOutgoing();
    outgoing.addText('t'.repeat(gatherBytes));
    assert.equal(socket.writes.length, 0);
    outgoing.addText('x');
    assert.equal(socket.writes.length, 1);
    const bytes = Buffer.alloc(gatherBytes, 'b');
    outgoing.addBytes(bytes, 0, gatherBytes);
    assert.equal(socket.writes.length, 1);
    outgoing.addBytes(bytes, 0, 1);
    assert.equal(socket.writes.length, 2);
    assert.deepEqual(socket.writes, [`${'t'.repeat(gatherBytes)}x`, 'b'.repeat(gatherBytes + 1)]);
  });
});

describe('a socket that does not keep up', () => {
  test('is told by the call that wrote', () => {
    const { socket, outgoing, congestions } = createOutgoing();
    socket.keepsUp = false;
    assert.equal(outgoing.addText('a'), true);
    assert.equal(outgoing.flush(), false);
    assert.equal(outgoing.addText('a'.repeat(gatherBytes + 1)), false);
    assert.equal(outgoing.addBytes(Buffer.alloc(gatherBytes + 1), 0, gatherBytes + 1), false);
    assert.equal(congestions(), 0);
  });

  test('is told through the callback by the write at the end of the turn', async () => {
    const { socket, outgoing, congestions } = createOutgoing();
    socket.keepsUp = false;
    outgoing.addText('a');
    outgoing.flushSoon();
    await nextTurn();
    assert.equal(congestions(), 1);
  });
});

test('how much was added is counted, whatever becomes of it', () => {
  const { outgoing } = createOutgoing();
  outgoing.addText('abc');
  outgoing.addBytes(Buffer.alloc(20_000), 5, 20_000);
  outgoing.clear();
  assert.equal(outgoing.takeAdded(), 3 + 19_995);
  assert.equal(outgoing.takeAdded(), 0);
});

test('whatever is added comes out in its order and unchanged, on several sockets that take it when they like', async () => {
  const size = oneof(nat(40), integer({ min: gatherBytes - 3, max: gatherBytes + 3 }), constantFrom(40_000, 90_000));
  const kind = constantFrom('text', 'bytes', 'bytes', 'flush', 'soon', 'turn', 'hold', 'release');
  const anyStep = record({ kind, size, which: nat(1) });
  await assertProperty(
    asyncProperty(array(anyStep, { maxLength: 14 }), async (steps) => {
      const several = [createOutgoing(), createOutgoing()].map((one) => ({ ...one, expected: '' }));
      for (const [index, step] of steps.entries()) {
        const one = several[step.which];
        assert.ok(one);
        const text = String.fromCharCode(0xa0 + index).repeat(step.size);
        if (step.kind === 'text') one.outgoing.addText(text);
        if (step.kind === 'bytes') {
          const bytes = Buffer.from(`<${text}>`, 'latin1');
          one.outgoing.addBytes(bytes, 1, 1 + step.size);
          bytes.fill(0);
        }
        if (step.kind === 'text' || step.kind === 'bytes') one.expected += text;
        if (step.kind === 'flush') one.outgoing.flush();
        if (step.kind === 'soon') one.outgoing.flushSoon();
        if (step.kind === 'turn') await nextTurn();
        if (step.kind === 'hold') one.socket.takesAtOnce = false;
        if (step.kind === 'release') one.socket.release();
      }
      for (const { outgoing, socket, expected } of several) {
        outgoing.flush();
        socket.release();
        assert.ok(socket.writes.join('') === expected);
      }
    }),
    { numRuns: 100 },
  );
});

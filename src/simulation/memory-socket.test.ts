import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setOwner } from '../lib/owned-socket.ts';
import { EventQueue } from './event-queue.ts';
import { MemorySocket } from './memory-socket.ts';

/** A socket whose both sides write down what they hear. */
function createSocket({ flowing = true } = {}) {
  const events = new EventQueue();
  const heard: string[] = [];
  const peer = {
    onBytes: (bytes: Buffer) => void heard.push(`peer: ${bytes.toString('latin1')}`),
    onEnd: () => void heard.push('peer: end'),
    onClosed: () => void heard.push('peer: closed'),
  };
  const memory = new MemorySocket({ events, peer, remoteAddress: '192.0.2.1', flowing });
  setOwner(memory.socket, {
    onSocketRead: (bytes, length) => void heard.push(`owner: ${bytes.subarray(0, length).toString('latin1')}`),
    onSocketEnd: () => void heard.push('owner: end'),
    onSocketDrained: () => void heard.push('owner: drained'),
    onSocketClosed: () => void heard.push('owner: closed'),
    onSocketConnected: () => void heard.push('owner: connected'),
  });
  return { events, heard, memory };
}

test('each side hears what the other does, in order and later', () => {
  const { events, heard, memory } = createSocket();
  memory.connected();
  const piece = Buffer.from('one');
  memory.write(piece);
  piece.fill('x');
  memory.write('tw\u00f6', 'latin1');
  memory.receive(Buffer.from('three'));
  memory.end();
  memory.receiveEnd();
  assert.deepEqual(heard, []);
  assert.equal(events.run(), true);
  assert.deepEqual(heard, [
    'owner: connected',
    'peer: one',
    'peer: tw\u00f6',
    'owner: three',
    'peer: end',
    'owner: end',
  ]);
  assert.equal(memory.write('four'), false);
  assert.equal(events.run(), false);
});

test('what arrives waits until the owner reads, and comes in pieces of what one read takes', () => {
  const { events, heard, memory } = createSocket({ flowing: false });
  memory.receive(Buffer.alloc(70_000, 'a'));
  events.run();
  assert.equal(heard.length, 0);
  memory.socket.resume();
  events.run();
  assert.deepEqual(
    heard.map((text) => text.length - 'owner: '.length),
    [65_536, 70_000 - 65_536],
  );
});

test('an owner that stops reading hears the rest when it goes on', () => {
  const { events, heard, memory } = createSocket();
  memory.receive(Buffer.from('a'));
  memory.pause();
  events.run();
  assert.deepEqual(heard, []);
  memory.resume();
  memory.receiveEnd();
  events.run();
  assert.deepEqual(heard, ['owner: a', 'owner: end']);
});

test('after the gateway has closed, both sides hear that and no more', () => {
  const { events, heard, memory } = createSocket();
  memory.receive(Buffer.from('lost'));
  memory.resetAndDestroy();
  memory.destroy();
  memory.write('lost');
  events.run();
  assert.deepEqual(heard, ['peer: closed', 'owner: closed']);
});

test('a connection that the other side breaks takes with it what was not read', () => {
  const { events, heard, memory } = createSocket();
  memory.connected();
  memory.receive(Buffer.from('lost'));
  memory.break();
  events.run();
  assert.deepEqual(heard, ['owner: closed']);
});

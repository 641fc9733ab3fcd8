import { connect, Socket, type NetConnectOpts } from 'node:net';
import { turnClock } from './turn-clock.ts';

/** The one who hears of everything that happens to a socket. */
export interface SocketOwner {
  /** `bytes[0, length)` arrived. The memory is used again for the next read of any socket: copy what must stay. */
  onSocketRead(bytes: Buffer, length: number): void;
  /** The peer sends no more. */
  onSocketEnd(): void;
  /** Everything that was written has been taken by the system. */
  onSocketDrained(): void;
  /** The socket is gone, for whatever reason. */
  onSocketClosed(): void;
  /** Only for a socket of `connectOwned`. */
  onSocketConnected?(): void;
}

const ownerKey = Symbol('owner');

type OwnedSocket = Socket & { [ownerKey]?: SocketOwner | null };

/**
 * All sockets of a thread read into the same memory: a read is handled to its end before the next one starts, so an idle
 * connection needs no buffer, and no read needs an allocation.
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

function onRead(this: OwnedSocket, length: number, bytes: Uint8Array): boolean {
  turnClock.refresh();
  this[ownerKey]?.onSocketRead(bytes as Buffer, length);
  return true;
}
function onEnd(this: OwnedSocket): void {
  turnClock.refresh();
  this[ownerKey]?.onSocketEnd();
}
function onDrain(this: OwnedSocket): void {
  onDrained(this);
}
function onClose(this: OwnedSocket): void {
  turnClock.refresh();
  this[ownerKey]?.onSocketClosed();
}
function onConnect(this: OwnedSocket): void {
  turnClock.refresh();
  this[ownerKey]?.onSocketConnected?.();
}
function onError(): void {
  // 'close' follows and says it to the owner.
}

const onread = { buffer: readBuffer, callback: onRead };

function listen(socket: Socket): void {
  socket.on('end', onEnd);
  socket.on('drain', onDrain);
  socket.on('close', onClose);
  socket.on('error', onError);
}

/** Hands the events of `socket` to `owner` from now on. */
export function setOwner(socket: Socket, owner: SocketOwner): void {
  (socket as OwnedSocket)[ownerKey] = owner;
}

/** Who hears of the socket: for sockets that are not the system's, whose events somebody else has to tell. */
export function ownerOf(socket: Socket): SocketOwner | null {
  return (socket as OwnedSocket)[ownerKey] ?? null;
}

/** Tells the owner that everything written has been taken: for whoever writes past the stream. */
export function onDrained(socket: OwnedSocket): void {
  turnClock.refresh();
  socket[ownerKey]?.onSocketDrained();
}

/** Nobody hears of the socket any more. */
export function clearOwner(socket: Socket): void {
  (socket as OwnedSocket)[ownerKey] = null;
}

/** Opens a connection whose events go to the owner that is set before the next turn of the event loop. */
export function connectOwned(options: NetConnectOpts): Socket {
  const socket = connect({ ...options, allowHalfOpen: true, noDelay: true, onread } as NetConnectOpts);
  listen(socket);
  socket.on('connect', onConnect);
  return socket;
}

/**
 * Takes over a connection that a server with `pauseOnConnect` accepted. A server gives its sockets no `onread`, so the
 * connection moves to a socket that has it.
 */
export function adoptAccepted(accepted: Socket): Socket {
  const inside = accepted as unknown as { _handle: { reading?: boolean } | null };
  const handle = inside._handle;
  inside._handle = null;
  accepted.destroy();
  const options = { handle, onread, allowHalfOpen: true, noDelay: true, readable: true, writable: true };
  const socket = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
  (handle as unknown as { setNoDelay(on: boolean): void } | null)?.setNoDelay(true);
  listen(socket);
  return socket;
}

/**
 * Ends a socket so that its peer cannot take what it got for the whole: with a reset. Once the own side was closed in
 * order there is nothing left to cut, and the system would refuse the reset and never close the socket.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

import { close, constants, fstat, open, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { getSystemErrorMap, promisify } from 'node:util';

const openFile = promisify(open);
const statFile = promisify(fstat);
const closeFile = promisify(close);

/** The name that stands for the standard output. */
export const standardOutput = '-';

const standardOutputDescriptor = 1;

/** A pipe whose reader does not keep up must not block a thread; and a named pipe that nobody reads, not its opening. */
const commonFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
const fileFlags = commonFlags | constants.O_CREAT;
/** Not for everybody: the lines tell who asked for what. */
const fileMode = 0o640;

/** Writes of several threads are not mixed up to this size: that of a file by its lock, that of a pipe by PIPE_BUF. */
const mostFileBytes = 1_048_576;
const mostPipeBytes = 4096;

const deletedCheckMs = 1000;

/** Something open for appending. */
export interface LogDestination {
  readonly descriptor: number;
  /** What can be written at once without another writer's bytes in between. */
  readonly mostBytes: number;
  /** A write fails with EAGAIN instead of waiting for a reader, and there is no disk to wait for. */
  readonly neverBlocks: boolean;
  /** Whether it is to be closed by whoever opened it. */
  readonly isOwned: boolean;
  /** A file that was opened by its path; neither a pipe nor a device. */
  readonly canBeDeleted: boolean;
  /** When to see again whether it has been, by `performance.now()`. */
  checkAtMs: number;
  /** The same for two openings of the same thing. */
  readonly identity: string;
}

/** Creates the file where it is missing. Rejects with the system's error. */
export async function openLogDestination(file: string): Promise<LogDestination> {
  if (file !== standardOutput) return describe(await openFile(file, fileFlags, fileMode), true);
  const stats = await statFile(standardOutputDescriptor);
  // What a shell has opened for several programs is written to where they left off; opened anew it would be overwritten.
  if (stats.isFile()) return describe(standardOutputDescriptor, false);
  try {
    return await describe(await openFile('/dev/fd/1', commonFlags), true);
  } catch {
    // A socket, a pipe of another user, or a system without /dev/fd.
    return describe(standardOutputDescriptor, false, stopBlocking());
  }
}

let nonBlocking: Socket | undefined;

/** Makes writes to the standard output fail with EAGAIN, for all who share it. Returns false where that is not possible. */
function stopBlocking(): boolean {
  try {
    // It is never used, but for what opening it does to the descriptor, which it does not close either.
    nonBlocking ??= new Socket({ fd: standardOutputDescriptor, readable: false, writable: true }).unref();
    return true;
  } catch {
    return false;
  }
}

async function describe(descriptor: number, isOwned: boolean, isNonBlocking = isOwned): Promise<LogDestination> {
  const stats = await statFile(descriptor);
  return {
    descriptor,
    mostBytes: stats.isFile() ? mostFileBytes : mostPipeBytes,
    neverBlocks: isNonBlocking && !stats.isFile(),
    isOwned,
    canBeDeleted: isOwned && stats.isFile(),
    checkAtMs: 0,
    identity: `${stats.dev}:${stats.ino}`,
  };
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));
const busySleepMs = 5;
const lastWriteLimitMs = 250;

/** How much was written, and why not all of it: null where a pipe was full for too long. */
export interface WriteOutcome {
  readonly writtenBytes: number;
  readonly error: unknown;
}

/**
 * For the end of a process, where nothing can be waited for but a full pipe, and that for a quarter of a second. Opens
 * the file where it has no descriptor yet. Never throws.
 */
export function writeLast(file: string, descriptor: number | undefined, bytes: Buffer): WriteOutcome {
  const deadline = performance.now() + lastWriteLimitMs;
  let opened = descriptor;
  let writtenBytes = 0;
  while (writtenBytes < bytes.length) {
    try {
      opened ??= file === standardOutput ? standardOutputDescriptor : openSync(file, fileFlags, fileMode);
      writtenBytes += writeSync(opened, bytes, writtenBytes);
    } catch (error) {
      if (systemErrorCode(error) !== 'EAGAIN') return { writtenBytes, error };
      if (performance.now() >= deadline) break;
      Atomics.wait(sleeper, 0, 0, busySleepMs);
    }
  }
  return { writtenBytes, error: null };
}

/** Whether the file has been deleted while it was open, so that lines are lost. Looks once a second, otherwise says no. */
export async function isFoundDeleted(destination: LogDestination): Promise<boolean> {
  const now = performance.now();
  if (!destination.canBeDeleted || now < destination.checkAtMs) return false;
  destination.checkAtMs = now + deletedCheckMs;
  const stats = await statFile(destination.descriptor);
  return stats.nlink === 0;
}

export async function closeLogDestination(destination: LogDestination): Promise<void> {
  if (!destination.isOwned) return;
  try {
    await closeFile(destination.descriptor);
  } catch {
    // What a network file system says here of earlier writes comes too late to be of use.
  }
}

export function logName(file: string): string {
  return file === standardOutput ? 'access log on the standard output' : `access log "${file}"`;
}

/** Such as `ENOSPC`; empty for what is no error of the system. */
export function systemErrorCode(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
}

/** "no space left on device (ENOSPC)" */
export function explainSystemError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined) return error.message;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return `${known ?? error.message} (${code})`;
}

import { createRequire } from 'node:module';
import type * as pino from 'pino';
import { systemClock, type Clock, type LogFields, type Logger, type LogLevel } from '../core/ports.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];

/** Where log lines go, such as `process.stderr`. */
export interface LogStream {
  readonly isTTY?: boolean;
  write(line: string): unknown;
}

export interface LoggerOptions {
  /** Events below this level are dropped. */
  readonly level: LogLevel;
  readonly stream: LogStream;
  readonly clock?: Clock;
}

/**
 * Loads what the first line on this stream needs. For a program that runs for long, whose files may be others by the time
 * that it has something to tell.
 */
export function prepareLogging(stream: LogStream): void {
  if (stream.isTTY !== true) loadPino();
}

/** Not before there is a line to be written, for that is mostly after the start. */
function loadPino(): typeof pino {
  return createRequire(import.meta.url)('pino') as typeof pino;
}

/** JSON lines (`timestamp`, `level`, `message` and the fields), or lines for a reader where the stream is a terminal. */
export function createLogger({ level, stream, clock = systemClock }: LoggerOptions): Logger {
  return stream.isTTY === true ? createTerminalLogger(level, stream, clock) : createJsonLogger(level, stream, clock);
}

function createJsonLogger(level: LogLevel, stream: LogStream, clock: Clock): Logger {
  const least = logLevels.indexOf(level);
  let destination: pino.Logger | null = null;
  return {
    log(eventLevel, message, fields = {}) {
      if (logLevels.indexOf(eventLevel) < least) return;
      destination ??= createDestination(level, stream, clock);
      destination[eventLevel](fields, message);
    },
  };
}

function createDestination(level: LogLevel, stream: LogStream, clock: Clock): pino.Logger {
  return loadPino().pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date(clock.wallTime()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void stream.write(line) },
  );
}

function createTerminalLogger(level: LogLevel, stream: LogStream, clock: Clock): Logger {
  const least = logLevels.indexOf(level);
  return {
    log(eventLevel, message, fields = {}) {
      if (logLevels.indexOf(eventLevel) < least) return;
      const time = new Date(clock.wallTime()).toISOString().slice(11, 19);
      stream.write(`${time} ${eventLevel.toUpperCase().padEnd(5)} ${escapeControls(message)}${formatFields(fields)}\n`);
    },
  };
}

function formatFields(fields: LogFields): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  return pairs.map(([name, value]) => ` ${name}=${formatField(String(value))}`).join('');
}

function formatField(text: string): string {
  return /^[^\s"=]+$/.test(text) ? escapeControls(text) : escapeControls(JSON.stringify(text));
}

/** What is logged may come from outside and must not steer the terminal. */
function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

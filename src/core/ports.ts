/** Milliseconds. `now` never goes backwards; `wallTime` is Unix time and may. */
export interface Clock {
  now(): number;
  wallTime(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The gateway's own log: events about itself, never one line a request. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

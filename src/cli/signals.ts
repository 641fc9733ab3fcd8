export const watchedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type SignalName = (typeof watchedSignals)[number];

/** What a shell reports for a process that a signal ended: 128 and the signal's number. */
export const signalExitCodes: Readonly<Record<SignalName, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** What the launcher sends to the process that it started. */
export interface LauncherMessage {
  readonly signal: SignalName;
}

/** Other threads have this long to cut what they have open. */
const cutMs = 50;

/** The variable by which a process knows that the launcher started it and is at the other end of its channel. */
export const launcherVariable = 'SLUICE_LAUNCHED';

/** The part of `process` that signals come from. */
export interface SignalSource {
  on(event: SignalName, listener: () => void): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  readonly channel?: { unref(): void } | null | undefined;
  readonly connected?: boolean;
}

export interface WatchOptions {
  readonly source: SignalSource;
  /** Whether the launcher is at the other end of the channel. */
  readonly launched: boolean;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

export interface Signals {
  /** Aborted by the first signal; its `reason` is the signal's name. */
  readonly aborted: AbortSignal;
  /** The first signal, null before. */
  readonly received: () => SignalName | null;
  /** From the first call on, SIGHUP does not end the program but calls what was given here. */
  readonly onHangup: (listener: () => void) => void;
  /** Called by a second signal, a moment before the process ends: to cut what must not look as if it had ended well. */
  readonly onForcedEnd: (listener: () => void) => void;
}

/**
 * The first signal asks the program to end, the second one ends it at once. SIGHUP is something else for a program that
 * says so, as servers do.
 *
 * A Ctrl-C reaches both this process and the launcher, which passes it on, while a `kill` reaches only one of them. So
 * deliveries of either kind are counted for each signal, and the larger number is how many there have been.
 */
export function watchSignals({ source, launched, exit }: WatchOptions): Signals {
  const controller = new AbortController();
  let received: SignalName | null = null;

  const hangupListeners: (() => void)[] = [];
  const forcedEndListeners: (() => void)[] = [];

  function forceEnd(code: number): void {
    if (forcedEndListeners.length === 0) {
      exit(code);
      return;
    }
    for (const listener of forcedEndListeners.splice(0)) listener();
    setTimeout(() => exit(code), cutMs);
  }

  function act(name: SignalName): void {
    if (name === 'SIGHUP' && hangupListeners.length > 0) {
      for (const listener of hangupListeners) listener();
      return;
    }
    if (received !== null) {
      forceEnd(signalExitCodes[name]);
      return;
    }
    received = name;
    controller.abort(name);
  }

  const counts = new Map(watchedSignals.map((name) => [name, { direct: 0, passedOn: 0, acted: 0 }]));
  function count(name: SignalName, way: 'direct' | 'passedOn'): void {
    const counted = counts.get(name);
    if (counted === undefined) return;
    counted[way] += 1;
    if (Math.max(counted.direct, counted.passedOn) === counted.acted) return;
    counted.acted += 1;
    act(name);
  }

  for (const name of watchedSignals) source.on(name, () => count(name, 'direct'));
  if (launched) {
    source.on('message', (message) => {
      if (isLauncherMessage(message)) count(message.signal, 'passedOn');
    });
    source.on('disconnect', () => exit(1));
    // The launcher may have died before this could listen.
    if (source.connected === false) exit(1);
    // The channel must not keep a process alive that has nothing left to do.
    source.channel?.unref();
  }
  const onHangup = (listener: () => void) => hangupListeners.push(listener);
  const onForcedEnd = (listener: () => void) => forcedEndListeners.push(listener);
  return { aborted: controller.signal, received: () => received, onHangup, onForcedEnd };
}

function isLauncherMessage(message: unknown): message is LauncherMessage {
  if (typeof message !== 'object' || message === null || !('signal' in message)) return false;
  return watchedSignals.some((name) => name === message.signal);
}

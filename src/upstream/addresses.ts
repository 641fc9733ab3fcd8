import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import type { Clock } from '../core/ports.ts';

/** How long an answer is used before the name is asked for again, in the background. */
const refreshAfterMs = 10_000;
/** How long a failed look-up is believed, so that a dead resolver is not asked for every connection. */
const failureMs = 1_000;

type LookupDone = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

interface Entry {
  addresses: LookupAddress[];
  error: NodeJS.ErrnoException | null;
  askedAt: number;
  asking: boolean;
  waiting: LookupDone[];
}

/**
 * The addresses of targets by name. The first connection to a name waits for the resolver; later ones take what is
 * known and have it renewed in the background, and an answer that was good stays in use while the resolver fails.
 * There are as many entries as the configuration names hosts.
 */
export class Addresses {
  private readonly entries = new Map<string, Entry>();
  private readonly clock: Clock;
  private readonly resolve: typeof lookup;

  constructor(clock: Clock, resolve: typeof lookup = lookup) {
    this.clock = clock;
    this.resolve = resolve;
  }

  /** For the option `lookup` of `net.connect`, which asks for all addresses. */
  readonly lookup = (name: string, options: LookupOptions, done: LookupDone): void => {
    let entry = this.entries.get(name);
    if (entry === undefined) {
      entry = { addresses: [], error: null, askedAt: -Infinity, asking: false, waiting: [] };
      this.entries.set(name, entry);
    }
    const age = this.clock.now() - entry.askedAt;
    if (entry.addresses.length > 0) {
      if (age > refreshAfterMs) this.ask(name, entry);
      answer(entry, options, done);
    } else if (entry.error !== null && age <= failureMs) {
      answer(entry, options, done);
    } else {
      entry.waiting.push((error, _addresses) => {
        if (error !== null) done(error, []);
        else answer(entry, options, done);
      });
      this.ask(name, entry);
    }
  };

  /** Forgets the names that nobody needs any more. */
  retain(names: ReadonlySet<string>): void {
    for (const [name, { asking }] of this.entries) if (!asking && !names.has(name)) this.entries.delete(name);
  }

  private ask(name: string, entry: Entry): void {
    if (entry.asking) return;
    entry.asking = true;
    this.resolve(name, { all: true }, (error, addresses) => {
      entry.asking = false;
      entry.askedAt = this.clock.now();
      if (error === null && addresses.length > 0) {
        entry.addresses = addresses;
        entry.error = null;
      } else {
        entry.error = error ?? new Error(`no address for ${name}`);
      }
      const waiting = entry.waiting;
      entry.waiting = [];
      const failed = entry.addresses.length === 0 ? entry.error : null;
      for (const done of waiting) done(failed, entry.addresses);
    });
  }
}

function answer(entry: Entry, options: LookupOptions, done: LookupDone): void {
  const first = entry.addresses[0];
  if (first === undefined) done(entry.error ?? new Error('no address'), []);
  else if (options.all === true) done(null, entry.addresses);
  else done(null, first.address, first.family);
}

/** Whether a host needs no look-up. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

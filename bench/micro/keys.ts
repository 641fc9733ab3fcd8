import { randomBytes } from 'node:crypto';
import { do_not_optimize as keep } from 'mitata';
import type { Consumer } from '../../src/core/ports.ts';
import { createKey } from '../../src/stores/key-secret.ts';
import { KnownKeys } from '../../src/stores/known-keys.ts';
import { StaticKeys } from '../../src/stores/static-keys.ts';
import type { MicroCase } from './micro-case.ts';

const many = 100_000;
/** Prime to the number of keys: one after the other, in no order that memory could foresee. */
const stride = 61_803;

interface Lookups {
  readonly secrets: readonly string[];
  readonly stored: (secret: string) => Consumer | null;
  readonly fixed: (secret: string) => Consumer | null;
}

/** Whose key it is, once it is known. */
export function keyCases(): MicroCase[] {
  return [
    find('of the store, one key', 'stored', 1),
    find('of the store, 100,000 keys in no order', 'stored', many),
    find('of the configuration, one key', 'fixed', 1),
    find('of the configuration, 100,000 keys in no order', 'fixed', many),
  ];
}

function find(what: string, kind: 'stored' | 'fixed', count: number): MicroCase {
  let at = 0;
  return {
    name: `API key ${what}`,
    call: () => {
      const { secrets, [kind]: ask } = lookups();
      at = (at + stride) % count;
      const consumer = ask(secrets[at] ?? '');
      if (consumer === null) throw new Error('The key is not known.');
      keep(consumer);
    },
  };
}

let made: Lookups | null = null;

/** Made at the first call: who measures something else need not wait for it. */
function lookups(): Lookups {
  made ??= createLookups();
  return made;
}

function createLookups(): Lookups {
  const wanted = { rateLimit: null, permissions: [], expiresAt: null };
  const keys = Array.from({ length: many }, (_, at) =>
    createKey({ name: `app-${at}`, ...wanted }, { random: randomBytes, now: Date.now }),
  );
  const known = new KnownKeys(many);
  const fixed = new StaticKeys(keys.map(({ key: { name, sha256 } }) => ({ name, sha256 })));
  for (const { key, secret } of keys) {
    known.add(secret, key);
    fixed.find(secret);
  }
  const nowMs = Date.now();
  return {
    secrets: keys.map(({ secret }) => secret),
    stored: (secret) => {
      const entry = known.find(secret);
      return entry < 0 ? null : known.consumerOf(entry, nowMs);
    },
    fixed: (secret) => fixed.find(secret),
  };
}

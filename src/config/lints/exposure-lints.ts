import { coversEverything } from '../../lib/cidr-cover.ts';
import { parseStoreLocation } from '../../core/store-location.ts';
import type { Address } from '../address.ts';
import { isTextDocument } from '../document.ts';
import { pathKey, type DocumentPath } from '../document-path.ts';
import { entries, field, items } from '../loose-document.ts';
import { isSecretName } from '../secrets.ts';
import { hasSecretDefault } from '../written-secrets.ts';
import type { Lint } from './lint.ts';

export const openAdmin: Lint = {
  number: 'SL006',
  title: 'an admin API that is open to others',
  *find({ config: { admin, listeners } }) {
    if (admin === null || admin.auth !== undefined) return;
    const isMain = admin.address === 'main';
    if (isMain && admin.endpoints === 'no-admin') return;
    const addresses = admin.address === 'main' ? listeners.map(({ address }) => address) : [admin.address];
    if (addresses.every(isLoopback)) return;
    const advice = isMain
      ? 'set "auth", or give it an address such as 127.0.0.1:9901'
      : 'set "auth", or an address such as 127.0.0.1:9901';
    const message = `whoever reaches this address can make API keys, since it asks for no credentials: ${advice}`;
    yield { path: ['admin', 'address'], message };
  },
};

function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

export const trustOfEverybody: Lint = {
  number: 'SL007',
  title: 'trusted proxies that are everybody',
  *find({ config }) {
    for (const [index, range] of config.trusted_proxies.entries()) {
      if (!/\/0+$/.test(range)) continue;
      const message =
        'everybody is trusted, so that a client can choose the address that limits and logs have of it: ' +
        'name the addresses of your proxies';
      yield { path: ['trusted_proxies', index], message };
    }
    const narrow = config.trusted_proxies.filter((range) => !/\/0+$/.test(range));
    const covered = (['ipv4', 'ipv6'] as const).filter((family) => coversEverything(narrow, family));
    if (covered.length === 0) return;
    const families = covered.map((family) => (family === 'ipv4' ? 'IPv4' : 'IPv6')).join(' and ');
    const message =
      `together these are all ${families} addresses, so that a client can choose the address that limits and logs have ` +
      'of it: name the addresses of your proxies';
    yield { path: ['trusted_proxies'], message };
  },
};

export const clearSecret: Lint = {
  number: 'SL008',
  title: 'a secret in clear',
  *find({ document }) {
    // A program may have it from anywhere.
    if (!isTextDocument(document)) return;
    for (const { path, value } of listSecrets(document.value)) {
      if (typeof value !== 'string' || value === '') continue;
      const written = document.texts.get(pathKey(path));
      if (written === undefined) {
        const advice = 'take it from a variable, as in ${NAME}';
        yield { path, message: `a secret stands here for everybody who can read the file: ${advice}` };
      } else if (hasSecretDefault(written, path[0] !== 'store')) {
        const advice = 'leave the default out, so that the variable has to be set';
        yield { path, message: `a secret stands here, as a default, for everybody who can read the file: ${advice}` };
      }
    }
  },
};

interface PlacedValue {
  readonly path: DocumentPath;
  readonly value: unknown;
}

/** The places of the language that hold secrets. */
function listSecrets(root: unknown): PlacedValue[] {
  const lists: (readonly [unknown, DocumentPath])[] = [
    [field(root, 'policies'), ['policies']],
    ...items(field(root, 'routes')).map(
      (route, index) => [field(route, 'policies'), ['routes', index, 'policies']] as const,
    ),
  ];
  return [
    { path: ['admin', 'auth', 'password'], value: field(field(field(root, 'admin'), 'auth'), 'password') },
    ...items(field(root, 'keys')).map((key, index) => ({
      path: ['keys', index, 'secret'],
      value: field(key, 'secret'),
    })),
    ...entries(field(root, 'upstreams')).map(([name, upstream]) => ({
      path: ['upstreams', name, 'balance', 'secret'],
      value: field(field(upstream, 'balance'), 'secret'),
    })),
    ...listStoreSecrets(field(root, 'store')),
    ...lists.flatMap(([policies, path]) =>
      items(policies).flatMap((entry, index) => listNamedSecrets(entry, [...path, index])),
    ),
  ];
}

function listStoreSecrets(store: unknown): PlacedValue[] {
  const location = typeof store === 'string' ? parseStoreLocation(store) : null;
  if (location === null || 'problem' in location || location.kind !== 'redis') return [];
  const hasPassword = location.password !== null || location.sentinelPassword !== null;
  return hasPassword ? [{ path: ['store'], value: store }] : [];
}

/** Within the options of policies, what is called so. A hash is there so that the secret need not be. */
function listNamedSecrets(value: unknown, path: DocumentPath): PlacedValue[] {
  const within = Array.isArray(value) ? [...value.entries()] : entries(value);
  return within.flatMap(([key, child]) => {
    const at = [...path, key];
    const isSecret = typeof key === 'string' && isSecretName(key) && !key.endsWith('_hash') && !isOfRequest(at, child);
    return isSecret && typeof child === 'string' ? [{ path: at, value: child }] : listNamedSecrets(child, at);
  });
}

/** Whether a field that the policy `headers` writes is a place that is filled in, with a scheme before it (RFC 9110, 11.4). */
function isOfRequest(path: DocumentPath, value: unknown): boolean {
  return path.at(-4) === 'headers' && typeof value === 'string' && /^(?:[\w-]+\s+)?\{[^{}]*\}$/.test(value.trim());
}

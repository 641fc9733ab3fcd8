import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A secret in every place of a configuration that has one. Each is long enough not to stand anywhere by chance. */
export const secrets = {
  adminPassword: 'S3CRET-admin-passw0rd',
  writtenKey: 'S3CRET-written-key',
  keyOfVariable: 'S3CRET-key-of-variable',
  redisPassword: 'S3CRET/redis?passw0rd',
  userPassword: 'S3CRET-user-passw0rd',
  hashSecret: 'S3CRET-balance-secret',
  fieldToken: 'S3CRET-token-of-a-field',
  policySecret: 'S3CRET-of-a-policy',
} as const;

/** What a client of it sends that is wrong, and is nobody's business either: most are somebody's right one elsewhere. */
export const mistyped = {
  adminPassword: 'MISTYPED-admin-passw0rd',
  key: 'MISTYPED-api-key',
  bearer: 'MISTYPED-bearer-token',
  userPassword: 'MISTYPED-user-passw0rd',
} as const;

/** The same, so that a search says which one it has found. */
export const mistypedByName = Object.fromEntries(
  Object.entries(mistyped).map(([name, text]) => [`mistyped ${name}`, text]),
);

export const variables: Readonly<Record<string, string>> = {
  ADMIN_PASSWORD: secrets.adminPassword,
  KEY_OF_APP: secrets.keyOfVariable,
  INTERNAL_TOKEN: secrets.fieldToken,
};

const policyModule = `import { definePolicy } from 'sluice';
export const fragile = definePolicy({
  name: 'fragile', summary: 'Breaks where it is told to.',
  options: ({ section, z }) => section({ secret: z.string() }),
  create: ({ secret }) => ({
    onRequest({ head }) {
      if (head.get('x-break') !== undefined) throw new TypeError('it breaks after ' + secret.length + ' characters');
      return undefined;
    },
  }),
});
`;

export interface SecretivePlace {
  readonly folder: string;
  readonly file: string;
  readonly write: (name: string, text: string) => string;
  readonly read: (name: string) => string;
}

/** A folder with a configuration that has every kind of secret, some from variables and some written. */
export function writeSecretiveConfig(t: TestContext, document: object): SecretivePlace {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  write('fragile.ts', policyModule);
  const file = write('sluice.json', JSON.stringify(document, null, 2));
  return { folder, file, write, read: (name) => readFileSync(path.join(folder, name), 'utf8') };
}

/** The document of a gateway with all of `secrets`. */
export function secretiveDocument(places: { redisPort: number; targetUrl: string; accessLog: string }) {
  const { redisPort, targetUrl, accessLog } = places;
  return {
    listeners: [{ address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0', auth: { username: 'ada', password: '${ADMIN_PASSWORD}' } },
    store: `redis://:${encodeURIComponent(secrets.redisPassword)}@127.0.0.1:${redisPort}`,
    workers: 1,
    access_log: { file: accessLog },
    keys: [
      { name: 'written', secret: secrets.writtenKey },
      { name: 'app', secret: '${KEY_OF_APP}' },
    ],
    custom_policies: ['./fragile.ts'],
    upstreams: {
      backends: {
        targets: [targetUrl],
        health: false,
        balance: { hash: 'ip', secret: secrets.hashSecret },
      },
      // Nobody listens there.
      nowhere: { targets: ['http://127.0.0.1:1'], retry: false, health: { interval: '50ms' } },
    },
    routes: [
      {
        name: 'keyed',
        match: { path: '/keyed/*' },
        policies: [{ api_key: { required: true } }, { rate_limit: { by: 'key', limit: '1000/min' } }],
        upstream: 'backends',
      },
      {
        name: 'private',
        match: { path: '/private/*' },
        policies: [{ basic_auth: { users: [{ name: 'ben', password: secrets.userPassword }] } }],
        upstream: 'backends',
      },
      {
        name: 'fragile',
        match: { path: '/fragile/*' },
        policies: [
          { fragile: { secret: secrets.policySecret } },
          { headers: { request: { set: { 'X-Internal-Token': '${INTERNAL_TOKEN}' } } } },
        ],
        upstream: 'backends',
      },
      { name: 'nowhere', match: { path: '/nowhere/*' }, upstream: 'nowhere' },
    ],
  };
}

/** Texts that are wrong right beside a secret, each in its own way. */
export function brokenTexts(document: ReturnType<typeof secretiveDocument>): readonly string[] {
  const text = JSON.stringify(document, null, 2);
  const replace = (from: string, to: string): string => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  };
  return [
    replace('"secret": "S3CRET-written-key"', '"secrte": "S3CRET-written-key"'),
    replace('"secret": "S3CRET-written-key"', '"secret": "S3CRET-written-key with spaces"'),
    replace('"secret": "S3CRET-written-key"', '"secret": ["S3CRET-written-key"]'),
    replace('"secret": "S3CRET-written-key"', '"secret": "S3CRET-written-key", "secret": "S3CRET-written-key"'),
    replace('"S3CRET-balance-secret"', '"S3CRET-balance-secret'),
    replace('"password": "S3CRET-user-passw0rd"', '"pasword": "S3CRET-user-passw0rd"'),
    replace('"name": "ben"', '"name": "b:en"'),
    replace('redis://', 'rediss+cluster+x://'),
    replace('"secret": "S3CRET-of-a-policy"', '"secret": "S3CRET-of-a-policy", "sceret": "S3CRET-of-a-policy"'),
    replace('"${KEY_OF_APP}"', '"${KEY_OF_APP} ${KEY_OF_APP}"'),
    replace('"${INTERNAL_TOKEN}"', '"${INTERNAL_TOKEN}{nothing}"'),
    replace('"X-Internal-Token"', '"Content-Length"'),
    replace('"username": "ada"', '"username": "${ADMIN_PASSWORD}:x"'),
    replace('"workers": 1', '"workers": "${ADMIN_PASSWORD}"'),
  ];
}

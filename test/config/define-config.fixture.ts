import { defineConfig, definePolicy, type PolicyOptions } from 'sluice';

export const tenant = definePolicy({
  name: 'fixture_tenant',
  summary: 'Knows tenants.',
  options: ({ z, section }) => section({ header: z.string(), strict: z.boolean().prefault(false) }),
  create: () => ({}),
});

declare module 'sluice' {
  interface CustomPolicies {
    fixture_tenant: PolicyOptions<typeof tenant>;
  }
}

export const good = defineConfig({
  listeners: [{ address: ':8080' }],
  admin: { address: '127.0.0.1:9901', auth: { password: process.env['ADMIN_PASSWORD'] ?? '' } },
  workers: Number(process.env['WORKERS'] ?? 2),
  access_log: false,
  upstreams: {
    users: {
      targets: ['http://10.0.0.1:80', { url: 'http://10.0.0.2:80', weight: 3 }],
      balance: { hash: 'ip' },
      health: false,
    },
    orders: { targets: ['http://10.0.0.3:80'], retry: { attempts: 2, max_delay: '1s' } },
  },
  custom_policies: ['./define-config.fixture.ts'],
  policies: [{ cors: {} }, { api_key: null }, { fixture_tenant: { header: 'x-tenant' } }],
  routes: [
    {
      name: 'users',
      match: { path: '/users/{id}', headers: { 'x-tenant': { one_of: ['a', 'b'] } } },
      policies: [{ rate_limit: { by: 'ip', limit: '5/s' } }],
      upstream: 'users',
      mirror: { upstream: 'orders', share: 0.1 },
    },
    { name: 'both', split: [{ upstream: 'users', weight: 9 }, { upstream: 'orders' }] },
    { name: 'old', match: { path: '/old' }, redirect: { to: '/users', status: 301 } },
  ],
});

export const wrongNames = defineConfig({
  listeners: [{ address: ':8080' }],
  upstreams: { users: { targets: ['http://10.0.0.1:80'] }, orders: { targets: ['http://10.0.0.2:80'] } },
  routes: [
    // @ts-expect-error there is no such upstream
    { name: 'a', upstream: 'user' },
    // @ts-expect-error nor in a split
    { name: 'b', split: [{ upstream: 'users' }, { upstream: 'order' }] },
    // @ts-expect-error nor as a mirror
    { name: 'c', upstream: 'users', mirror: { upstream: 'shadow' } },
  ],
});

export const namesWithoutUpstreams = defineConfig({
  listeners: [{ address: ':8080' }],
  routes: [
    { name: 'a', match: { path: '/a' }, respond: { body: 'ok' } },
    // @ts-expect-error there are no upstreams
    { name: 'b', upstream: 'nope' },
  ],
});

export const wrongKeys = defineConfig({
  listeners: [{ address: ':8080' }],
  // @ts-expect-error the key is trusted_proxies
  trustedProxies: ['10.0.0.0/8'],
});

export const wrongNestedKeys = defineConfig({
  // @ts-expect-error a listener has no port
  listeners: [{ address: ':8080', port: 8080 }],
  // @ts-expect-error a limit of this name is not there
  limits: { head: '16KiB', heads: 5 },
  upstreams: {
    // @ts-expect-error the key is weight
    users: { targets: [{ url: 'http://10.0.0.1:80', wieght: 3 }] },
    orders: {
      targets: ['http://10.0.0.1:80'],
      // @ts-expect-error the key is interval
      health: { intervall: '5s' },
    },
    other: {
      targets: ['http://10.0.0.1:80'],
      // @ts-expect-error there is no such balance
      balance: 'fastest',
    },
  },
  // @ts-expect-error a route has a name
  routes: [{ upstream: 'users' }],
});

export const wrongValues = defineConfig({
  // @ts-expect-error listeners are a list
  listeners: { address: ':8080' },
  // @ts-expect-error a number
  workers: '4',
  // @ts-expect-error a text with a unit
  shutdown_timeout: 25,
});

export const wrongPolicies = defineConfig({
  listeners: [{ address: ':8080' }],
  policies: [
    // @ts-expect-error there is no such policy
    { rate_limits: { limit: '5/s' } },
    // @ts-expect-error a limit is required
    { rate_limit: {} },
    // @ts-expect-error the option is burst
    { rate_limit: { limit: '5/s', bursts: 3 } },
    // @ts-expect-error a boolean
    { api_key: { required: 'yes' } },
    // @ts-expect-error a text
    { fixture_tenant: { header: 5 } },
    // @ts-expect-error the header is required
    { fixture_tenant: {} },
  ],
});

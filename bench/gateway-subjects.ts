import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeGateway, type GatewaySetting } from './gateway-process.ts';
import { prepareManyKeys } from './many-keys.ts';
import type { Launch } from './processes.ts';
import type { Ports, Subject } from './subject.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const routeCount = 1_000;

type Extras = NonNullable<GatewaySetting['extras']>;

/** Limits that no load reaches. */
const unreached = { limit: '60000000/min', burst: 1_000_000_000 };

const accessLogFile = (): string => join(temporaryFolder(), 'access.log');

/** What the flags `-keys`, `-rate-limit` and `-key-rate-limit` make, with an access log. */
const policies = (): Extras => ({
  access_log: { file: accessLogFile() },
  keys: [{ name: 'bench', secret: 'key-bench' }],
  policies: [
    { api_key: { required: false } },
    { rate_limit: { by: 'ip', ...unreached, anonymous_only: true } },
    { rate_limit: { by: 'key', ...unreached } },
  ],
});

/** Everything that a request of no special kind can meet, beside the policies above. */
const everything = ({ targetPort }: Ports): Extras => ({
  ...policies(),
  limits: { keep_alive_timeout: '30m', connections_per_client: 60_000, requests_per_client: 60_000 },
  policies: [
    { ip_deny: { ranges: ['203.0.113.0/24', '2001:db8::/32'] } },
    { cors: { origins: ['https://app.example.com'] } },
    { request_id: { header: 'X-Correlation-Id' } },
    { api_key: { required: false } },
    { rate_limit: { by: 'ip', ...unreached } },
    { rate_limit: { by: 'key', ...unreached } },
    { body_limit: { size: '1MiB' } },
    { headers: { request: { set: { 'X-Client': '{client.ip}' } }, response: { remove: ['X-Powered-By'] } } },
  ],
  upstreams: {
    backend: {
      targets: [`http://127.0.0.1:${targetPort}`],
      balance: 'p2c',
      health: { path: '/api/users/1' },
      outliers: {},
      slow_start: '10s',
    },
  },
});

const manyRoutes: Extras = {
  routes: Array.from({ length: routeCount }, (_, at) => ({
    name: `service-${at}`,
    match: { path: `/service-${at}/*` },
    upstream: 'backend',
  })),
};

function subjectOf(name: string, extrasFor: (ports: Ports) => Extras | Promise<Extras>): Subject {
  const describe = async (ports: Ports): Promise<Launch> => {
    const extras = await extrasFor(ports);
    return { ...describeGateway({ ...ports, workers: 1, extras }), name };
  };
  return { name, describe, cleanUp: () => rmSync(accessLogFile(), { force: true }) };
}

export const gatewaySubjects = {
  passing: subjectOf('sluice', () => ({})),
  policies: subjectOf('sluice-policies', policies),
  everything: subjectOf('sluice-everything', everything),
  manyRoutes: subjectOf('sluice-1000-routes', () => manyRoutes),
  manyKeys: subjectOf('sluice-100000-keys', async () => ({
    ...policies(),
    keys: [],
    store: `sqlite:${await prepareManyKeys()}`,
  })),
} as const;

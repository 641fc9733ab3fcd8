import { editDistance, nearest } from '../lib/edit-distance.ts';

/** The variables of a gateway, and what counts where one is not set or empty; null where there is nothing. */
export const variableDefaults = {
  HOST: '0.0.0.0',
  PORT: '8081',
  REDIS_HOST: null,
  REDIS_PORT: '6379',
  REDIS_PASSWORD: null,
  REDIS_DB: '0',
  STORE: null,
  SLUICE_DATA: './data',
  RATE_LIMIT_RPM: '60',
  RATE_LIMIT_BURST: '10',
  CB_MAX_FAILURES: '5',
  CB_RESET_TIMEOUT_SECONDS: '30',
  CB_HALF_OPEN_MAX_REQUESTS: '3',
  CB_SUCCESS_THRESHOLD: '2',
  RETRY_MAX_RETRIES: '3',
  RETRY_INITIAL_DELAY_MS: '100',
  RETRY_MAX_DELAY_MS: '5000',
  RETRY_MULTIPLIER: '2.0',
  RETRY_JITTER_FACTOR: '0.1',
  ADMIN_AUTH_ENABLED: 'true',
  ADMIN_USERNAME: 'admin',
  ADMIN_PASSWORD: null,
  AUTH_SERVICE_URL: 'http://localhost:8080',
  AUTH_SERVICE_BACKENDS: null,
  AUTH_SERVICE_STRATEGY: 'round-robin',
  USER_SERVICE_URL: 'http://localhost:8082',
  USER_SERVICE_BACKENDS: null,
  USER_SERVICE_STRATEGY: 'round-robin',
  SERVICES: null,
  TRUSTED_PROXIES: null,
  WORKERS: null,
  SHUTDOWN_TIMEOUT: '25s',
  LOG_LEVEL: 'info',
} as const;

export type VariableName = keyof typeof variableDefaults;

export const variableNames = Object.keys(variableDefaults) as readonly VariableName[];

/** Those that have a value in any case. */
export type DefaultedName = {
  [Name in VariableName]: (typeof variableDefaults)[Name] extends null ? never : Name;
}[VariableName];

/** Variables of a process by their names. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

const ownPrefix = /^(?:RATE_LIMIT|CB_|RETRY_|SLUICE_)/;
/** What Kubernetes and Docker set for a service or a link, such as USER_SERVICE_PORT_80_TCP_ADDR. */
const serviceLink = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP)\w*)?)$/;
const mostEdits = 2;

/** The variable that a name is likely a misspelling of. In a process there are many names that are not for us. */
export function findMeant(name: string, inFile: boolean): string | undefined {
  const candidates = inFile ? variableNames : variableNames.filter((known) => known.includes('_'));
  const meant = serviceLink.test(name) ? undefined : nearest(name, candidates);
  if (meant === undefined || ownPrefix.test(name)) return meant;
  return editDistance(inFile ? name.toUpperCase() : name, meant) <= mostEdits ? meant : undefined;
}

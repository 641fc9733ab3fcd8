import type { DocumentPath } from '../config/document-path.ts';
import type { Destination } from './environment-destinations.ts';
import type { VariableReader } from './environment-reader.ts';
import type { VariableName } from './environment-variables.ts';

/** What a document was made of. */
export interface EnvironmentParts {
  readonly reader: VariableReader;
  readonly services: readonly Destination[];
  /** The variables that say where the store is. */
  readonly store: readonly VariableName[];
}

/** For the keys of `breaker` and `retry` of every upstream. */
export const failureVariables: Readonly<Record<string, VariableName>> = {
  max_failures: 'CB_MAX_FAILURES',
  reset_timeout: 'CB_RESET_TIMEOUT_SECONDS',
  half_open_requests: 'CB_HALF_OPEN_MAX_REQUESTS',
  success_threshold: 'CB_SUCCESS_THRESHOLD',
  attempts: 'RETRY_MAX_RETRIES',
  initial_delay: 'RETRY_INITIAL_DELAY_MS',
  max_delay: 'RETRY_MAX_DELAY_MS',
  multiplier: 'RETRY_MULTIPLIER',
  jitter: 'RETRY_JITTER_FACTOR',
};

/** What of the document each variable has made alone, by the top of the path. */
const topLevel: Readonly<Record<string, readonly VariableName[]>> = {
  trusted_proxies: ['TRUSTED_PROXIES'],
  shutdown_timeout: ['SHUTDOWN_TIMEOUT'],
  workers: ['WORKERS'],
  listeners: ['HOST', 'PORT'],
};

/** Which variables a value comes from, and whether they were set; `environment` for what is the same with all of them. */
export function describeVariableOrigin(path: DocumentPath, parts: EnvironmentParts): string {
  const names = variablesOf(path, parts);
  if (names.length === 0) return 'environment';
  const given = names.filter((name) => parts.reader.isSet(name));
  if (given.length === 0) return `default (${names.join(', ')})`;
  return given.map((name) => parts.reader.label(name)).join(', ');
}

function variablesOf(path: DocumentPath, { services, store }: EnvironmentParts): readonly VariableName[] {
  const [top = '', second, third, key] = path;
  switch (top) {
    case 'store':
      return store;
    case 'admin':
      return second === 'auth' ? [third === 'username' ? 'ADMIN_USERNAME' : 'ADMIN_PASSWORD'] : [];
    case 'policies':
      if (third !== 'rate_limit') return [];
      return key === 'limit' ? ['RATE_LIMIT_RPM'] : key === 'burst' ? ['RATE_LIMIT_BURST'] : [];
    case 'upstreams':
      return variablesOfUpstream(
        path,
        services.find(({ name }) => name === second),
      );
    case 'routes': {
      const variable = services[Number(second)]?.variable;
      return variable === 'SERVICES' ? [variable] : [];
    }
    default:
      return topLevel[String(top)] ?? [];
  }
}

function variablesOfUpstream(path: DocumentPath, service: Destination | undefined): readonly VariableName[] {
  const [, , part, key] = path;
  if (service === undefined) return [];
  if (part === 'targets') return [service.variable];
  if (part === 'balance') return service.balanceVariable === 'SERVICES' ? [] : [service.balanceVariable];
  // Without a key it is false, which the number of retries has made of it.
  const failure = part === 'retry' && key === undefined ? 'RETRY_MAX_RETRIES' : failureVariables[String(key)];
  return failure === undefined ? [] : [failure];
}

import { parseTargetUrl } from '../config/address.ts';
import { describeValue } from '../config/secrets.ts';
import { balanceNames } from '../config/upstream-schema.ts';
import { parseSubject } from '../core/subject.ts';
import type { VariableReader } from './environment-reader.ts';
import type { VariableName } from './environment-variables.ts';

/** Something that requests below a prefix go to. */
export interface Destination {
  readonly name: string;
  /** Such as `/api/users/*`. */
  readonly pattern: string;
  readonly targets: readonly DestinationTarget[];
  readonly balance: string | { readonly hash: string };
  /** Where it was said. */
  readonly variable: VariableName;
  readonly balanceVariable: VariableName;
}

/** A target as the configuration language has it. */
export type DestinationTarget = string | { readonly url: string; readonly weight: number };

const largestWeight = 1000;
const serviceName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const servicesForm = 'expected name=/prefix=URL|URL with commas between services';

/** The two services that are always there, and those of SERVICES. */
export function readDestinations(reader: VariableReader): Destination[] {
  const services: Destination[] = [
    readNamedDestination(reader, 'AUTH_SERVICE', { name: 'auth-service', pattern: '/api/auth/*' }),
    readNamedDestination(reader, 'USER_SERVICE', { name: 'user-service', pattern: '/api/users/*' }),
  ];
  const text = reader.optional('SERVICES');
  for (const entry of text === null ? [] : text.split(',')) {
    const service = readDestination(reader, entry.trim());
    if (service === null) continue;
    const like = services.find(({ name, pattern }) => name === service.name || pattern === service.pattern);
    if (like === undefined) services.push(service);
    else if (like.name === service.name) reader.complain('SERVICES', `there is a service ${like.name} already`);
    else reader.complain('SERVICES', `${service.name} has the prefix of ${like.name}: give each service its own`);
  }
  return services;
}

function readNamedDestination(
  reader: VariableReader,
  prefix: 'AUTH_SERVICE' | 'USER_SERVICE',
  place: Pick<Destination, 'name' | 'pattern'>,
): Destination {
  const several = reader.optional(`${prefix}_BACKENDS`);
  const variable = several === null ? (`${prefix}_URL` as const) : (`${prefix}_BACKENDS` as const);
  return {
    ...place,
    targets: several === null ? [reader.text(`${prefix}_URL`)] : readTargets(reader, variable, several.split(',')),
    balance: readBalance(reader, `${prefix}_STRATEGY`),
    variable,
    balanceVariable: `${prefix}_STRATEGY`,
  };
}

/** What `balance` may be, with a subject behind a colon where that is a mapping. */
function readBalance(reader: VariableReader, name: 'AUTH_SERVICE_STRATEGY' | 'USER_SERVICE_STRATEGY') {
  const hash = /^hash:(.*)$/i.exec(reader.text(name))?.[1];
  const subject = hash === undefined ? undefined : parseSubject(hash);
  if (hash !== undefined && subject !== undefined && subject.by !== 'key' && subject.by !== 'route') return { hash };
  const hashes = ['hash:ip', 'hash:path', 'hash:header:NAME', 'hash:cookie:NAME'];
  return reader.choice(name, [...balanceNames, ...hashes], 'round-robin');
}

function readDestination(reader: VariableReader, entry: string): Destination | null {
  const match = /^([^=]*)=([^=]*)=(.*)$/.exec(entry);
  const [name = '', prefix = '', urls = ''] = (match ?? []).slice(1).map((part) => part.trim());
  if (match === null || !serviceName.test(name) || !prefix.startsWith('/')) {
    const form = `${servicesForm}, such as orders=/api/orders=http://10.0.0.1:8083`;
    reader.complain('SERVICES', `${form}, got ${describeValue(entry, false)}`);
    return null;
  }
  return {
    name,
    pattern: `${prefix.replace(/\/\*?$/, '')}/*`,
    targets: readTargets(reader, 'SERVICES', urls.split('|')),
    balance: 'round-robin',
    variable: 'SERVICES',
    balanceVariable: 'SERVICES',
  };
}

/** The schema refuses what is no target; this refuses what it would speak of in the words of a file. */
function readTargets(reader: VariableReader, variable: VariableName, entries: readonly string[]): DestinationTarget[] {
  const seen = new Set<string>();
  return entries.map((entry): DestinationTarget => {
    const { url, weight } = splitWeight(entry.trim());
    const target = parseTargetUrl(url);
    if ('url' in target) {
      if (seen.has(target.url)) reader.complain(variable, `${target.url} is there twice: remove one of them`);
      seen.add(target.url);
    }
    if (weight === null) return url;
    const number = /^\d{1,5}$/.test(weight) ? Number(weight) : 0;
    if (number >= 1 && number <= largestWeight) return number === 1 ? url : { url, weight: number };
    reader.complain(
      variable,
      `expected a whole number from 1 to ${largestWeight} for the weight, got ${describeValue(weight, false)}`,
    );
    return url;
  });
}

/** `URL|weight`, or `URL:weight` after a port. */
function splitWeight(text: string): { url: string; weight: string | null } {
  const bar = text.lastIndexOf('|');
  if (bar !== -1) return { url: text.slice(0, bar).trim(), weight: text.slice(bar + 1).trim() };
  const match = /^([a-z]+:\/\/(?:\[[^\]]*\]|[^:/[\]]*):\d+)\/?:(.*)$/i.exec(text);
  return match === null ? { url: text, weight: null } : { url: match[1] ?? '', weight: match[2] ?? '' };
}

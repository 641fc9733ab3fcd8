import { nearest } from '../lib/edit-distance.ts';
import { formatAddress, parseAddress, parseTargetUrl } from './address.ts';
import type { Complaint } from './document.ts';
import { formatPath, type DocumentPath } from './document-path.ts';

export interface CheckComplaint extends Complaint {
  readonly path: DocumentPath;
}

/** A value as a message may show it. */
export type ShowValue = (path: DocumentPath, value: unknown) => string;

/**
 * What a schema cannot say: names that lead nowhere, and things that are there twice. It reads the document as it was
 * written, and passes over whatever is not well-formed, so that these are told together with the schema's issues.
 */
export function checkMeaning(root: unknown, show: ShowValue): CheckComplaint[] {
  return [
    ...checkAddresses(root),
    ...checkUpstreamNames(root),
    ...checkTargets(root),
    ...checkRouteNames(root, show),
    ...checkMatches(root),
    ...checkRouteUpstreams(root, show),
  ];
}

function* checkAddresses(root: unknown): Iterable<CheckComplaint> {
  const places = items(field(root, 'listeners')).map((listener, index) => ({
    path: ['listeners', index, 'address'] as DocumentPath,
    written: field(listener, 'address'),
  }));
  places.push({ path: ['admin', 'address'], written: field(field(root, 'admin'), 'address') });
  const seen = new Seen();
  for (const { path, written } of places) {
    if (typeof written !== 'string' || written === 'main') continue;
    const address = parseAddress(written);
    if ('problem' in address || address.port === 0) continue;
    const first = seen.firstPath(formatAddress(address), path);
    if (first === undefined) continue;
    const advice = path[0] === 'admin' ? ': choose another port, or write main' : ': remove one of them';
    yield { path, message: `the address ${formatAddress(address)} is already that of ${first}${advice}` };
  }
}

/** The schema passes over this one name. */
function* checkUpstreamNames(root: unknown): Iterable<CheckComplaint> {
  for (const [name] of entries(field(root, 'upstreams'))) {
    if (name !== '__proto__') continue;
    yield { path: ['upstreams', name], message: 'an upstream cannot have this name: choose another', part: 'key' };
  }
}

function* checkTargets(root: unknown): Iterable<CheckComplaint> {
  for (const [name, upstream] of entries(field(root, 'upstreams'))) {
    const seen = new Seen();
    for (const [index, target] of items(field(upstream, 'targets')).entries()) {
      const written = typeof target === 'string' ? target : field(target, 'url');
      if (typeof written !== 'string') continue;
      const address = parseTargetUrl(written);
      if ('problem' in address) continue;
      const path = ['upstreams', name, 'targets', index];
      const first = seen.firstPath(address.url, path);
      if (first === undefined) continue;
      yield {
        path,
        message: `the target ${address.url} is already ${first}: use { url, weight } to give it more requests`,
      };
    }
  }
}

function* checkRouteNames(root: unknown, show: ShowValue): Iterable<CheckComplaint> {
  const seen = new Seen();
  for (const [index, route] of items(field(root, 'routes')).entries()) {
    const name = field(route, 'name');
    if (typeof name !== 'string') continue;
    const path = ['routes', index, 'name'];
    const first = seen.firstPath(name, path);
    if (first === undefined) continue;
    yield { path, message: `the name ${show(path, name)} is already ${first}: give each route its own` };
  }
}

function* checkMatches(root: unknown): Iterable<CheckComplaint> {
  const seen = new Seen();
  for (const [index, route] of items(field(root, 'routes')).entries()) {
    const match = isMapping(route) ? matchIdentity(route['match']) : undefined;
    if (match === undefined) continue;
    const path = ['routes', index, 'match'];
    const first = seen.firstPath(match, path);
    if (first === undefined) continue;
    yield { path, message: `the same requests are already matched by ${first}: this route would never get one` };
  }
}

/** Equal for two matches that hold the same requests; undefined for one that is not well-formed. */
function matchIdentity(match: unknown): string | undefined {
  if (match !== undefined && !isMapping(match)) return undefined;
  const path = field(match, 'path') ?? '/*';
  const host = field(match, 'host') ?? '';
  const methods = field(match, 'methods');
  if (typeof path !== 'string' || typeof host !== 'string') return undefined;
  if (methods !== undefined && !Array.isArray(methods)) return undefined;
  const methodSet = [...new Set(items(methods).map(String))].toSorted();
  return JSON.stringify([path, host.toLowerCase(), methodSet]);
}

function* checkRouteUpstreams(root: unknown, show: ShowValue): Iterable<CheckComplaint> {
  const known = entries(field(root, 'upstreams')).map(([name]) => name);
  for (const [index, route] of items(field(root, 'routes')).entries()) {
    const upstream = field(route, 'upstream');
    if (typeof upstream !== 'string' || known.includes(upstream)) continue;
    const suggestion = nearest(upstream, known);
    const there = known.length === 0 ? 'there are none under "upstreams"' : `known are ${known.join(', ')}`;
    const path = ['routes', index, 'upstream'];
    yield {
      path,
      message: `no upstream is called ${show(path, upstream)}${suggestion === undefined ? `: ${there}` : ''}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  }
}

/** Remembers where something stood first. */
class Seen {
  readonly #paths = new Map<string, DocumentPath>();

  /** The place where the same was seen before, as text; otherwise undefined, and this place is remembered. */
  firstPath(identity: string, path: DocumentPath): string | undefined {
    const first = this.#paths.get(identity);
    if (first !== undefined) return formatPath(first);
    this.#paths.set(identity, path);
    return undefined;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(value: unknown, key: string): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function entries(value: unknown): [string, unknown][] {
  return isMapping(value) ? Object.entries(value) : [];
}

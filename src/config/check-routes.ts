import { findTemplateProblem, isParameter, parametersOf } from '../core/template.ts';
import { nearest } from '../lib/edit-distance.ts';
import type { CheckComplaint, CheckContext } from './check-complaint.ts';
import { formatPath, valueAt, type DocumentPath } from './document-path.ts';
import { entries, field, isMapping, items } from './loose-document.ts';
import { Seen } from './seen.ts';

const destinations = ['upstream', 'split', 'redirect', 'respond'] as const;

/** What a schema cannot say of routes; see `checkMeaning`. */
export function checkRoutes(root: unknown, ctx: CheckContext): CheckComplaint[] {
  const names = new Seen();
  const matches = new Seen();
  const known = entries(field(root, 'upstreams')).map(([name]) => name);
  return [...items(field(root, 'routes')).entries()].flatMap(([index, route]) => {
    if (!isMapping(route)) return [];
    const path = ['routes', index];
    return [
      ...checkName(route, [...path, 'name'], { names, ctx }),
      ...checkMatch(root, [...path, 'match'], { matches, ctx }),
      ...checkDestination(route, path),
      ...checkSplit(route, path),
      ...checkBodiless(route, path),
      ...checkConditionNames(route, path),
      ...upstreamNames(route, path).flatMap((named) => checkUpstreamName(named, known, ctx)),
      ...checkTemplates(route, path),
      ...checkStrippedPrefix(route, path),
    ];
  });
}

function* checkName(
  route: unknown,
  path: DocumentPath,
  { names, ctx }: { names: Seen; ctx: CheckContext },
): Iterable<CheckComplaint> {
  const name = field(route, 'name');
  if (typeof name !== 'string') return;
  const first = names.firstPlace(name, path);
  if (first === undefined) return;
  const line = ctx.lineOf(first);
  const place = `${formatPath(first)}${line === null ? '' : ` (line ${line})`}`;
  yield { path, message: `the name ${ctx.show(path, name)} is already ${place}: give each route its own` };
}

function* checkMatch(
  root: unknown,
  path: DocumentPath,
  { matches, ctx }: { matches: Seen; ctx: CheckContext },
): Iterable<CheckComplaint> {
  const match = matchIdentity(valueAt(root, path));
  if (match === undefined) return;
  const first = matches.firstPlace(match, path);
  if (first === undefined) return;
  const place = `${formatPath(first)}${describeRoute(root, first.slice(0, -1), ctx)}`;
  yield { path, message: `the same requests are already matched by ${place}: this route would never get one` };
}

/** Such as ` (route "orders", line 34)`, as far as that is known. */
function describeRoute(root: unknown, path: DocumentPath, { show, lineOf }: CheckContext): string {
  const at = [...path, 'name'];
  const name = valueAt(root, at);
  const line = lineOf(path);
  const parts = [
    ...(typeof name === 'string' ? [`route ${show(at, name)}`] : []),
    ...(line === null ? [] : [`line ${line}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
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
  // What a parameter is called makes no difference to what it matches.
  const shape = path.split('/').map((segment) => (isParameter(segment) ? '{}' : segment));
  const headers = conditionIdentity(match, 'headers', (name) => name.toLowerCase());
  const query = conditionIdentity(match, 'query', (name) => name);
  return JSON.stringify([shape.join('/'), host.toLowerCase(), methodSet, headers, query]);
}

function conditionIdentity(match: unknown, key: string, normalise: (name: string) => string): unknown[] {
  return entries(field(match, key))
    .map(([name, condition]) => [normalise(name), condition])
    .toSorted(([left], [right]) => (String(left) < String(right) ? -1 : 1));
}

function* checkDestination(route: Record<string, unknown>, path: DocumentPath): Iterable<CheckComplaint> {
  const given = destinations.filter((key) => Object.hasOwn(route, key));
  if (given.length === 0) {
    const message = 'is required: expected the name of an upstream, or split, redirect or respond in its place';
    yield { path: [...path, 'upstream'], message };
  }
  for (const key of given.slice(1)) {
    yield { path: [...path, key], message: `this route has "${given[0]}" already: keep one of them`, part: 'key' };
  }
  const forwards = given[0] === undefined || given[0] === 'upstream' || given[0] === 'split';
  for (const key of ['rewrite', 'mirror'].filter((one) => !forwards && Object.hasOwn(route, one))) {
    const message = `nothing is sent on by this route, which has "${given[0]}": remove this`;
    yield { path: [...path, key], message, part: 'key' };
  }
}

function* checkSplit(route: unknown, path: DocumentPath): Iterable<CheckComplaint> {
  const shares = items(field(route, 'split'));
  if (shares.length === 0 || shares.some((share) => field(share, 'weight') !== 0)) return;
  yield { path: [...path, 'split'], message: 'every weight is 0: give at least one upstream a weight from 1' };
}

/** RFC 9110, 15.3.5, 15.3.6 and 15.4.5. */
const bodilessStatuses: readonly unknown[] = [204, 205, 304];

function* checkBodiless(route: unknown, path: DocumentPath): Iterable<CheckComplaint> {
  const respond = field(route, 'respond');
  const status = field(respond, 'status');
  const body = field(respond, 'body');
  if (!bodilessStatuses.includes(status) || body === undefined || body === '') return;
  const message = `an answer with the status ${String(status)} has no body: remove it, or choose another status`;
  yield { path: [...path, 'respond', 'body'], message, part: 'key' };
}

/** Names of fields are the same in capital letters and in small ones. */
function* checkConditionNames(route: unknown, path: DocumentPath): Iterable<CheckComplaint> {
  const names = new Seen();
  for (const [name] of entries(field(field(route, 'match'), 'headers'))) {
    const at = [...path, 'match', 'headers', name];
    const first = names.firstPath(name.toLowerCase(), at);
    if (first === undefined) continue;
    yield { path: at, message: `there is a condition on this header already, ${first}: keep one of them`, part: 'key' };
  }
}

interface NamedUpstream {
  readonly name: unknown;
  readonly path: DocumentPath;
}

function upstreamNames(route: unknown, path: DocumentPath): NamedUpstream[] {
  return [
    { name: field(route, 'upstream'), path: [...path, 'upstream'] },
    { name: field(field(route, 'mirror'), 'upstream'), path: [...path, 'mirror', 'upstream'] },
    ...items(field(route, 'split')).map((share, index) => ({
      name: field(share, 'upstream'),
      path: [...path, 'split', index, 'upstream'],
    })),
  ];
}

function checkUpstreamName(
  { name, path }: NamedUpstream,
  known: readonly string[],
  ctx: CheckContext,
): CheckComplaint[] {
  if (typeof name !== 'string' || known.includes(name)) return [];
  const suggestion = nearest(name, known);
  const there = known.length === 0 ? 'there are none under "upstreams"' : `known are ${known.join(', ')}`;
  return [
    {
      path,
      message: `no upstream is called ${ctx.show(path, name)}${suggestion === undefined ? `: ${there}` : ''}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  ];
}

/** The parameters that texts of a route use have to be in its path. */
function* checkTemplates(route: unknown, path: DocumentPath): Iterable<CheckComplaint> {
  const pattern = field(field(route, 'match'), 'path') ?? '/*';
  if (typeof pattern !== 'string') return;
  const parameters = parametersOf(pattern);
  const texts: DocumentPath[] = [
    ['rewrite', 'path'],
    ['rewrite', 'host'],
    ['redirect', 'to'],
    ['respond', 'body'],
    ...entries(field(field(route, 'respond'), 'headers')).map(([name]) => ['respond', 'headers', name]),
  ];
  for (const steps of texts) {
    const text = steps.reduce<unknown>((value, step) => field(value, String(step)), route);
    // What is no template at all is told by the schema.
    if (typeof text !== 'string' || findTemplateProblem(text, null) !== undefined) continue;
    const problem = findTemplateProblem(text, parameters);
    if (problem !== undefined) yield { path: [...path, ...steps], message: problem.problem };
  }
}

function* checkStrippedPrefix(route: unknown, path: DocumentPath): Iterable<CheckComplaint> {
  const rewrite = field(route, 'rewrite');
  const prefix = field(rewrite, 'strip_prefix');
  if (prefix === undefined) return;
  const at = [...path, 'rewrite', 'strip_prefix'];
  if (field(rewrite, 'path') !== undefined) {
    yield { path: at, message: 'give either strip_prefix or path: both say which path the target gets' };
  }
  const pattern = field(field(route, 'match'), 'path') ?? '/*';
  if (typeof prefix !== 'string' || typeof pattern !== 'string') return;
  if (pattern === prefix || pattern.startsWith(`${prefix}/`)) return;
  yield { path: at, message: `the path of this route, ${JSON.stringify(pattern)}, does not begin with it` };
}

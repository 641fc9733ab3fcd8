import { isParameter } from '../../core/template.ts';

/** A path that a pattern matches, and what its parameters stand for in it (`*` for its `/*`). */
export interface ExamplePath {
  readonly path: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export function exampleOf(pattern: string): ExamplePath {
  const parameters = new Map<string, string>();
  const segments = pattern.split('/').map((segment, index, all) => {
    const isRest = segment === '*' && index === all.length - 1;
    if (!isRest && !isParameter(segment)) return segment;
    const name = isRest ? '*' : segment.slice(1, -1);
    const value = isRest ? 'rest' : name;
    parameters.set(name, value);
    return value;
  });
  return { path: segments.join('/'), parameters };
}

/** What the parameters of a pattern stand for in a path that it matches (`*` for its `/*`). */
export function parametersIn(pattern: string, path: string): ReadonlyMap<string, string> {
  const given = path.split('/');
  const parameters = new Map<string, string>();
  for (const [index, segment] of pattern.split('/').entries()) {
    if (isParameter(segment)) parameters.set(segment.slice(1, -1), given[index] ?? '');
    else if (segment === '*') parameters.set('*', given.slice(index).join('/'));
  }
  return parameters;
}

/** Whether a pattern matches a normalised path. */
export function matchesPath(pattern: string, path: string): boolean {
  const wanted = pattern.split('/').slice(1);
  const given = path.split('/').slice(1);
  const hasRest = wanted.at(-1) === '*';
  const fixed = hasRest ? wanted.slice(0, -1) : wanted;
  if (hasRest ? given.length < fixed.length : given.length !== fixed.length) return false;
  return fixed.every((segment, index) => (isParameter(segment) ? given[index] !== '' : segment === given[index]));
}

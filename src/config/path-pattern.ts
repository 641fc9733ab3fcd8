import { isParameter } from '../core/template.ts';
import type { Refusal } from './address.ts';

// What a path holds after normalisation, which is what patterns are matched with: RFC 3986 section 3.3 without `%`.
const pathCharacters = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

/**
 * What is wrong with the pattern of a route's path, or undefined. A pattern is exact (`/a/b`) or ends in `/*`, which
 * stands for any number of whole segments: `/a/*` matches `/a`, `/a/` and `/a/b`. `{id}` stands for one whole segment
 * that is not empty.
 */
export function findPatternProblem(pattern: string): Refusal | undefined {
  if (!pattern.startsWith('/')) {
    return { problem: 'expected a path that starts with "/"', ...(pattern === '' ? {} : suggest(`/${pattern}`)) };
  }
  const parameterProblem = findParameterProblem(pattern);
  if (parameterProblem !== undefined) return parameterProblem;
  if (/[?#]/.test(pattern)) return { problem: 'a path has no query and no fragment: remove what begins with ? or #' };
  if (pattern.includes('%')) {
    return {
      problem: 'percent-encoding is not supported in a pattern: write letters, digits and - . _ ~ as themselves',
    };
  }
  if (!pathCharacters.test(pattern.replace(/[{}]/g, ''))) {
    return { problem: 'the path holds a character that the path of a request cannot have, such as a space' };
  }
  if (pattern.includes('//')) {
    return { problem: 'a path is compared without empty segments', ...suggest(pattern.replace(/\/{2,}/g, '/')) };
  }
  const segments = pattern.split('/').slice(1);
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return { problem: 'a path is compared after "." and ".." are resolved: write the resolved path' };
  }
  const fixed = pattern.endsWith('/*') ? pattern.slice(0, -1) : pattern;
  if (fixed.includes('*')) {
    const trailing = /^[^*]*[^*/]\*$/.test(pattern) ? suggest(`${pattern.slice(0, -1)}/*`) : {};
    return { problem: '"*" stands only at the end, as a segment of its own (/a/*)', ...trailing };
  }
  return undefined;
}

function findParameterProblem(pattern: string): Refusal | undefined {
  const seen = new Set<string>();
  for (const segment of pattern.split('/')) {
    if (!/[{}]/.test(segment)) continue;
    if (!isParameter(segment)) {
      return { problem: 'a parameter is a whole segment such as {id}, named with letters, digits and "_"' };
    }
    if (seen.has(segment)) return { problem: `the parameter ${segment} is there twice: give each its own name` };
    seen.add(segment);
  }
  return undefined;
}

function suggest(pattern: string): { suggestion?: string } {
  return pattern !== '' && findPatternProblem(pattern) === undefined ? { suggestion: pattern } : {};
}

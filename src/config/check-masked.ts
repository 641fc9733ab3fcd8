import type { CheckComplaint } from './check-complaint.ts';
import { pathKey, type DocumentPath } from './document-path.ts';
import { isSecretPlace, mask } from './secrets.ts';

const message = `${JSON.stringify(mask)} is what config print writes in place of a secret: put the secret, or \${NAME}, here`;
const maskedCredentials = /\/\/(?:[^/?#@]*:)?\*{3}@|[?&]\w*password=\*{3}(?:[&#]|$)/i;

/**
 * Finds masks in the places of secrets: a configuration that was printed and not filled in would have secrets that
 * everybody knows.
 *
 * @param findMarked where else secrets are, by `pathKey`; asked only where there are masks
 */
export function checkMasked(root: unknown, findMarked: () => ReadonlySet<string>): CheckComplaint[] {
  const found = [...findMasks(root, [])];
  if (found.length === 0) return [];
  const marked = findMarked();
  return found
    .filter(({ path, isWhole }) => !isWhole || isSecretPlace(path) || isNameOfKey(path) || marked.has(pathKey(path)))
    .map(({ path }) => ({ path, message }));
}

/** Where keys come from flags, their names are what clients send. */
function isNameOfKey(path: DocumentPath): boolean {
  return path.length === 3 && path[0] === 'keys' && path[2] === 'name';
}

function* findMasks(value: unknown, path: DocumentPath): Iterable<{ path: DocumentPath; isWhole: boolean }> {
  if (typeof value === 'string') {
    if (value === mask) yield { path, isWhole: true };
    else if (path.at(-1) === 'store' && maskedCredentials.test(value)) yield { path, isWhole: false };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* findMasks(item, [...path, index]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) yield* findMasks(child, [...path, key]);
  }
}

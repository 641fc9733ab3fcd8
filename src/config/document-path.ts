/** Where a value stands in a document: keys of mappings and positions in lists, from the outside in. */
export type DocumentPath = readonly (string | number)[];

/** A path as one string, for maps and sets. */
export function pathKey(path: DocumentPath): string {
  return JSON.stringify(path);
}

/** A path as people write it: `upstreams.users.targets[0].url`; the empty path is the empty string. */
export function formatPath(path: DocumentPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w$-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** The value at a path, or undefined where the path leads nowhere. */
export function valueAt(root: unknown, path: DocumentPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** A copy of the tree with another value at the path; the rest is shared. */
export function withValueAt(root: unknown, path: DocumentPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof root !== 'object' || root === null) return root;
  const child = withValueAt((root as Record<string | number, unknown>)[step], rest, value);
  if (Array.isArray(root)) return root.map((item: unknown, index) => (index === step ? child : item));
  return { ...root, [step]: child };
}

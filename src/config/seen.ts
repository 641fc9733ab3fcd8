import { formatPath, type DocumentPath } from './document-path.ts';

/** Remembers where something stood first. */
export class Seen {
  readonly #paths = new Map<string, DocumentPath>();

  /** The place where the same was seen before, as text; otherwise undefined, and this place is remembered. */
  firstPath(identity: string, path: DocumentPath): string | undefined {
    const first = this.#paths.get(identity);
    if (first !== undefined) return formatPath(first);
    this.#paths.set(identity, path);
    return undefined;
  }
}

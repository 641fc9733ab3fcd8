import { formatPath, type DocumentPath } from './document-path.ts';

/** Remembers where something stood first. */
export class Seen {
  readonly #paths = new Map<string, DocumentPath>();

  /** The place where the same was seen before, as text; otherwise undefined, and this place is remembered. */
  firstPath(identity: string, path: DocumentPath): string | undefined {
    const first = this.firstPlace(identity, path);
    return first === undefined ? undefined : formatPath(first);
  }

  /** Like `firstPath`, as a path. */
  firstPlace(identity: string, path: DocumentPath): DocumentPath | undefined {
    const first = this.#paths.get(identity);
    if (first === undefined) this.#paths.set(identity, path);
    return first;
  }
}

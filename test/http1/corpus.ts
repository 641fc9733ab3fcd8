import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What messages of the corpus are: those of clients, or those of targets. */
export type MessageKind = 'requests' | 'responses';

export interface CorpusMessage {
  readonly file: string;
  /** One character a byte. */
  readonly text: string;
}

export function corpusFolder(kind: MessageKind): string {
  return path.join(import.meta.dirname, 'corpus', kind);
}

/** The messages that mutation begins with, and that every parser here has to read alike: whole files, byte for byte. */
export function readCorpus(kind: MessageKind): CorpusMessage[] {
  const folder = corpusFolder(kind);
  return readdirSync(folder)
    .toSorted()
    .map((file) => ({ file, text: readFileSync(path.join(folder, file), 'latin1') }));
}

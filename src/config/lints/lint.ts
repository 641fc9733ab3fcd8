import type { Complaint } from '../complaint.ts';
import type { Document } from '../document.ts';
import type { DocumentPath } from '../document-path.ts';
import type { Config } from '../schema.ts';
import type { LintNumber } from './lint-numbers.ts';

/** A configuration that may be used, and the document that it was made of. */
export interface LintedConfig {
  readonly config: Config;
  readonly document: Document;
}

/** Something that is right by the language, but hardly what was meant. */
export interface Finding extends Complaint {
  readonly path: DocumentPath;
}

export interface Lint {
  readonly number: LintNumber;
  /** What it looks for, in a few words. */
  readonly title: string;
  find(linted: LintedConfig): Iterable<Finding>;
}

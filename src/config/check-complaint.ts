import type { Complaint } from './complaint.ts';
import type { DocumentPath } from './document-path.ts';

export interface CheckComplaint extends Complaint {
  readonly path: DocumentPath;
}

/** What complaints may say of the document. */
export interface CheckContext {
  /** A value as a message may show it. */
  readonly show: (path: DocumentPath, value: unknown) => string;
  /** Counted from 1; null where the document is no text. */
  readonly lineOf: (path: DocumentPath) => number | null;
}

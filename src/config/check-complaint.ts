import type { Complaint } from './complaint.ts';
import type { DocumentPath } from './document-path.ts';

export interface CheckComplaint extends Complaint {
  readonly path: DocumentPath;
}

/** A value as a message may show it. */
export type ShowValue = (path: DocumentPath, value: unknown) => string;

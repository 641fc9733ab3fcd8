import type { MessageHead } from '../core/message-head.ts';

/** Fields of a head in the order in which they stand. */
export type FieldList = readonly (readonly [name: string, value: string])[];

/** A request as a target got it. */
export interface ReceivedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly fields: FieldList;
  /** Read as UTF-8. */
  readonly body: string;
}

export function listFields(head: MessageHead): FieldList {
  return Array.from({ length: head.fieldCount }, (_, at) => [head.nameAt(at), head.valueAt(at)] as const);
}

/** All values of a field, by any spelling of its name, joined as RFC 9110, 5.2 does; null where there is none. */
export function fieldValueOf(fields: FieldList, name: string): string | null {
  const wanted = name.toLowerCase();
  const values = fields.filter(([candidate]) => candidate.toLowerCase() === wanted).map(([, value]) => value);
  return values.length === 0 ? null : values.join(', ');
}

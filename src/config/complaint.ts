/** What is wrong with a value of a document. */
export interface Complaint {
  readonly message: string;
  readonly suggestion?: string;
  /** Point at the key instead of the value. */
  readonly part?: 'key' | 'value';
}

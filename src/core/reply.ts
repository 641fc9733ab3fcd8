/** An answer that the gateway gives itself. */
export interface Reply {
  readonly status: number;
  /** Names and values in the order in which they are written; never framing or connection fields. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Text, sent as UTF-8. */
  readonly body: string;
}

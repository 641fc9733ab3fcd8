/** One function with one input. */
export interface MicroCase {
  readonly name: string;
  /** Calls the function once, and hands what it computes to mitata's `do_not_optimize`. */
  readonly call: () => void;
}

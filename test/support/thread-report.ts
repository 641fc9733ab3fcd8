/** What a process with the probe is asked. */
export interface ThreadQuestion {
  readonly id: number;
  /** Collects garbage first. */
  readonly collect: boolean;
  /** Counts objects, which collects garbage too. */
  readonly objects: boolean;
  /** The name of a thread that is to end by an error; nobody answers then. */
  readonly crash: string | null;
}

/** What one thread says of itself. */
export interface ThreadReport {
  /** `main`, or the name of the worker thread. */
  readonly thread: string;
  /** Bytes in use on the heap. */
  readonly heapUsed: number;
  /** Of these, what the engine has made of functions: bytecode, machine code and what belongs to them. */
  readonly codeBytes: number;
  /** Bytes outside of the heap that objects on it hold. */
  readonly external: number;
  /** How many there are, by kind. */
  readonly objects: Readonly<Record<string, number>>;
}

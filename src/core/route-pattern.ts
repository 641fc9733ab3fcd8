/** What a value has to be: exactly one of these. Texts are compared as they are, upper and lower case apart. */
export interface ValueCondition {
  readonly equals?: string;
  readonly prefix?: string;
  readonly one_of?: readonly string[];
  /** Whether there is a value at all. */
  readonly present?: boolean;
}

/** Which requests a route is for. All of it has to hold. */
export interface RoutePattern {
  readonly name: string;
  /** Exact, or with `{name}` for a segment that is not empty, or with `/*` at the end for any number of segments. */
  readonly path: string;
  /** A name in lower case, or `*.` and a domain for everything below it; undefined: every host. */
  readonly host: string | undefined;
  /** Undefined: every method. */
  readonly methods: readonly string[] | undefined;
  /** What fields of the request have to be, by lower-case name; one of several fields of a name is enough. */
  readonly headers: Readonly<Record<string, ValueCondition>>;
  /** What parameters of the query have to be, by name; one of several parameters of a name is enough. */
  readonly query: Readonly<Record<string, ValueCondition>>;
}

/** What routes look at in a request; a `RequestHead` is one. */
export interface RoutedRequest {
  readonly method: string;
  /** The authority that the request is for. */
  readonly host: string;
  /** With its question mark, or empty. */
  readonly query: string;
  /** The place of the first field of this lower-case name, from `from` on; -1 where there is none. */
  indexOf(lowerName: string, from?: number): number;
  valueAt(index: number): string;
}

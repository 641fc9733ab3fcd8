export interface SyntaxProblem {
  /** Offset into the text, in UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

/** Thrown by the parsers of YAML, TOML and JSON for a text that is not well-formed. */
export class TextSyntaxError extends Error {
  override readonly name = 'TextSyntaxError';
  readonly problems: readonly SyntaxProblem[];

  constructor(problems: readonly SyntaxProblem[]) {
    super(problems[0]?.message ?? 'not well-formed');
    this.problems = problems;
  }
}

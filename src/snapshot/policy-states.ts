import type { PolicyDefinition } from '../core/policy.ts';

/** Whose state it is; all of it has to be the same for a state to be kept. */
export interface StateOwner {
  /** Different for every policy of every route. */
  readonly scope: string;
  readonly definition: PolicyDefinition;
  readonly options: unknown;
}

interface KeptState {
  readonly definition: PolicyDefinition;
  /** The options as text. */
  readonly options: string;
  readonly value: unknown;
}

/**
 * What policies remember through reloads in one worker. What a snapshot asks for while it is compiled is staged; `commit`
 * keeps that and nothing else, `abandon` drops what was made for it.
 */
export class PolicyStates {
  private kept = new Map<string, KeptState>();
  private staged = new Map<string, KeptState>();

  /** What one policy asks for its state with. It may ask for several, which are told apart by their order. */
  of({ scope, definition, options }: StateOwner): <Value>(create: () => Value) => Value {
    const text = JSON.stringify(options) ?? '';
    let count = 0;
    return <Value>(create: () => Value): Value => {
      const key = `${scope} ${(count += 1)}`;
      const before = this.kept.get(key);
      const isSame = before !== undefined && before.definition === definition && before.options === text;
      const state = isSame ? before : { definition, options: text, value: create() };
      this.staged.set(key, state);
      return state.value as Value;
    };
  }

  /** The snapshot that was compiled last is served from now on. */
  commit(): void {
    const before = this.kept;
    this.kept = this.staged;
    this.staged = new Map();
    disposeOfMissing(before, this.kept);
  }

  /** The snapshot that was compiled last is not served. */
  abandon(): void {
    const before = this.staged;
    this.staged = new Map();
    disposeOfMissing(before, this.kept);
  }

  /** Nothing is served any more. */
  clear(): void {
    this.abandon();
    this.commit();
  }
}

function disposeOfMissing(before: ReadonlyMap<string, KeptState>, after: ReadonlyMap<string, KeptState>): void {
  const kept = new Set([...after.values()].map(({ value }) => value));
  for (const { value } of before.values()) {
    if (!kept.has(value) && isDisposable(value)) value[Symbol.dispose]();
  }
}

function isDisposable(value: unknown): value is Disposable {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<Disposable>)[Symbol.dispose] === 'function'
  );
}

import type { Issue } from '../config/issues.ts';
import { describeValue } from '../config/secrets.ts';
import { nearest } from '../lib/edit-distance.ts';
import type { EnvironmentFile } from './environment-file.ts';
import {
  findMeant,
  variableDefaults,
  type DefaultedName,
  type EnvironmentVariables,
  type VariableName,
} from './environment-variables.ts';

export interface NumberRange {
  readonly smallest: number;
  readonly largest: number;
}

/** Reads variables one by one; in the place of a value that is wrong it notes an issue and gives the default. */
export class VariableReader {
  readonly issues: Issue[] = [];
  readonly #variables: EnvironmentVariables;
  readonly #file: EnvironmentFile | null;

  /** What `variables` has, be it an empty text, goes before what the file has. */
  constructor(variables: EnvironmentVariables, file: EnvironmentFile | null) {
    this.#variables = variables;
    this.#file = file;
  }

  /** The value without spaces around it; null where it is empty or not set and has no default. */
  optional(name: VariableName): string | null {
    return this.optionalSecret(name)?.trim() || variableDefaults[name];
  }

  /** The value to the letter; null where it is empty or not set. */
  optionalSecret(name: VariableName): string | null {
    return this.#variables[name] ?? this.#file?.variables[name] ?? null;
  }

  /** Whether it is there and not empty. */
  isSet(name: VariableName): boolean {
    return Boolean(this.optionalSecret(name)?.trim());
  }

  text(name: DefaultedName): string {
    return this.optional(name) ?? variableDefaults[name];
  }

  wholeNumber(name: DefaultedName, { smallest, largest }: NumberRange): number {
    const text = this.text(name);
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= smallest && number <= largest) return number;
    const hint = text.startsWith('tcp://') ? `. Kubernetes sets it so for a service of that name: set ${name} too` : '';
    this.complain(
      name,
      `expected a whole number from ${smallest} to ${largest}, got ${describeValue(text, false)}${hint}`,
    );
    return Number(variableDefaults[name]);
  }

  /** A number, or the text where it is none: the configuration language knows what it may be and refuses the rest. */
  uncheckedNumber(name: VariableName): number | string {
    const text = this.optional(name) ?? '';
    return /^\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : text;
  }

  choice<Choice extends string>(name: DefaultedName, choices: readonly Choice[], fallback: Choice): Choice {
    const text = this.text(name);
    const chosen = choices.find((choice) => choice === text.toLowerCase());
    if (chosen !== undefined) return chosen;
    const expected = `expected ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
    this.complain(name, `${expected}, got ${describeValue(text, false)}`, nearest(text, choices));
    return fallback;
  }

  /** The variable, with its place in the file where it comes from there. */
  label(name: string): string {
    const file = this.#variables[name] === undefined ? this.#file : null;
    const line = file?.lineOf(name) ?? null;
    if (file === null || !Object.hasOwn(file.variables, name)) return name;
    return line === null ? `${file.name}: ${name}` : `${file.name}:${line}: ${name}`;
  }

  complain(name: string, message: string, suggestion?: string): void {
    const location = { label: this.label(name) };
    this.issues.push({ path: '', message, location, ...(suggestion === undefined ? {} : { suggestion }) });
  }

  /**
   * Notes an issue for every variable that is likely a misspelled one.
   *
   * @returns the other variables of the file that are not known
   */
  findUnknown(): string[] {
    const isKnown = (name: string) => Object.hasOwn(variableDefaults, name);
    const isSet = (name: string) => this.optionalSecret(name as VariableName) !== null;
    const inFile = Object.keys(this.#file?.variables ?? {}).filter((name) => !isKnown(name));
    const inProcess = Object.keys(this.#variables).filter((name) => !isKnown(name) && !inFile.includes(name));
    const typos = new Set<string>();
    for (const name of [...inProcess, ...inFile]) {
      const meant = findMeant(name, inFile.includes(name));
      // Where the one that was meant is there too, this one is something else.
      if (meant === undefined || isSet(meant)) continue;
      typos.add(name);
      this.complain(name, 'unknown variable', meant);
    }
    return inFile.filter((name) => !typos.has(name));
  }
}

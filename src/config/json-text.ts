import type { ParsedText, Span } from './document.ts';
import { pathKey, type DocumentPath } from './document-path.ts';
import { TextSyntaxError } from './text-syntax.ts';

const maxDepth = 64;
const blank = /[ \t\r\n]*/y;
// oxlint-disable-next-line no-control-regex -- control characters are not allowed within a string (RFC 8259 section 7)
const stringLiteral = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberLiteral = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordLiteral = /[A-Za-z_]+/y;
const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/**
 * JSON (RFC 8259) with positions, which `JSON.parse` does not give; a key that is written twice is an error here.
 *
 * @throws TextSyntaxError
 */
export function parseJson(text: string): ParsedText {
  const reader = new JsonReader(text);
  const value = reader.readDocument();
  return { value, find: (path) => reader.spans.get(pathKey(path)) };
}

class JsonReader {
  readonly spans = new Map<string, Span>();
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): unknown {
    this.#skipBlank();
    const value = this.#readValue([], this.#offset);
    this.#skipBlank();
    if (this.#offset < this.#text.length) throw this.#problem('expected the end of the file after the JSON value');
    return value;
  }

  #readValue(path: DocumentPath, keyOffset: number): unknown {
    if (path.length > maxDepth) throw this.#problem(`nested more than ${maxDepth} deep`);
    this.spans.set(pathKey(path), { key: keyOffset, value: this.#offset });
    const next = this.#text[this.#offset];
    if (next === '{') return this.#readObject(path);
    if (next === '[') return this.#readArray(path);
    if (next === '"') return this.#readString();
    const number = this.#match(numberLiteral);
    if (number !== undefined) return Number(number);
    const start = this.#offset;
    const word = this.#match(wordLiteral);
    if (word !== undefined && words.has(word)) return words.get(word);
    this.#offset = start;
    throw this.#problem(next === "'" ? 'a string is written with double quotes' : 'expected a JSON value');
  }

  #readObject(path: DocumentPath): unknown {
    const entries = new Map<string, unknown>();
    this.#offset += 1;
    this.#skipBlank();
    while (this.#text[this.#offset] !== '}') {
      const keyOffset = this.#offset;
      if (this.#text[keyOffset] !== '"') {
        throw this.#problem(
          entries.size === 0 ? 'expected a key in double quotes or "}"' : 'expected a key in double quotes',
        );
      }
      const key = this.#readString();
      if (entries.has(key)) {
        this.#offset = keyOffset;
        throw this.#problem('this key is written twice in the same object: keep one of them');
      }
      this.#skipBlank();
      this.#expect(':', 'expected ":" after the key');
      this.#skipBlank();
      entries.set(key, this.#readValue([...path, key], keyOffset));
      this.#readSeparator('}');
    }
    this.#offset += 1;
    return Object.fromEntries(entries);
  }

  #readArray(path: DocumentPath): unknown {
    const items: unknown[] = [];
    this.#offset += 1;
    this.#skipBlank();
    while (this.#text[this.#offset] !== ']') {
      items.push(this.#readValue([...path, items.length], this.#offset));
      this.#readSeparator(']');
    }
    this.#offset += 1;
    return items;
  }

  /** Leaves the offset at the next item or at the closing bracket. */
  #readSeparator(close: '}' | ']'): void {
    this.#skipBlank();
    if (this.#text[this.#offset] === close) return;
    const comma = this.#offset;
    this.#expect(',', `expected "," or "${close}"`);
    this.#skipBlank();
    if (this.#text[this.#offset] !== close) return;
    this.#offset = comma;
    throw this.#problem(`JSON has no comma before "${close}"`);
  }

  #readString(): string {
    const literal = this.#match(stringLiteral);
    if (literal === undefined)
      throw this.#problem('this string is not closed, or holds a bad escape or a control character');
    return JSON.parse(literal) as string;
  }

  #skipBlank(): void {
    this.#match(blank);
    if (this.#text[this.#offset] === '/') throw this.#problem('JSON has no comments');
  }

  #expect(character: string, message: string): void {
    if (this.#text[this.#offset] !== character) throw this.#problem(message);
    this.#offset += 1;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #problem(message: string): TextSyntaxError {
    const end = this.#offset >= this.#text.length;
    return new TextSyntaxError([
      { offset: this.#offset, message: `not well-formed JSON: ${message}${end ? ', but the file ends here' : ''}` },
    ]);
  }
}

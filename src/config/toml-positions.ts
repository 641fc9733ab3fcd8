import type { Span } from './document.ts';
import { pathKey, type DocumentPath } from './document-path.ts';

const blank = /[ \t]*/y;
const blankLines = /(?:[ \t\r\n]|#[^\n]*)*/y;
const bareKey = /[\w-]+/y;
const basicString = /"(?:[^"\\\n]|\\.)*"/y;
const literalString = /'[^'\n]*'/y;
const longBasicString = /"""(?:[^"\\]|\\[^]|"{1,2}(?!"))*"{3,5}/y;
const longLiteralString = /'''(?:[^']|'{1,2}(?!'))*'{3,5}/y;
// Dates may hold a space; none of the others can be followed by one and then by a digit.
const bareValue = /[^\s,\]}#]+(?: \d[^\s,\]}#]*)?/y;

interface KeyPart {
  readonly name: string;
  readonly offset: number;
}

/**
 * Where each key and value of a TOML document was written, by `pathKey` of its path. The parser gives values only.
 * The text must be one that the parser has accepted: this reads just enough of it to find its way.
 */
export function locateTomlKeys(text: string): Map<string, Span> {
  const scanner = new TomlScanner(text);
  scanner.scan();
  return scanner.spans;
}

class TomlScanner {
  readonly spans = new Map<string, Span>([[pathKey([]), { key: 0, value: 0 }]]);
  readonly #text: string;
  #offset = 0;
  /** How many tables each `[[array]]` has so far, by the array's path. */
  readonly #lengths = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    let table: DocumentPath = [];
    this.#skip(blankLines);
    while (this.#offset < this.#text.length) {
      const start = this.#offset;
      if (this.#text[start] === '[') table = this.#readHeader();
      else this.#readPair(table);
      this.#skip(blankLines);
      // The parser accepted the text; should this scanner read it otherwise, positions end here instead of looping.
      if (this.#offset === start) return;
    }
  }

  #readHeader(): DocumentPath {
    const isArray = this.#text[this.#offset + 1] === '[';
    this.#offset += isArray ? 2 : 1;
    const parts = this.#readKey();
    this.#offset += isArray ? 2 : 1;
    let path: DocumentPath = [];
    for (const [index, part] of parts.entries()) {
      path = [...path, part.name];
      this.#record(path, { key: part.offset, value: part.offset });
      const key = pathKey(path);
      let length = this.#lengths.get(key);
      if (isArray && index === parts.length - 1) {
        length = (length ?? 0) + 1;
        this.#lengths.set(key, length);
      }
      if (length === undefined) continue;
      path = [...path, length - 1];
      this.#record(path, { key: part.offset, value: part.offset });
    }
    return path;
  }

  #readPair(table: DocumentPath): void {
    const parts = this.#readKey();
    this.#offset += 1;
    this.#skip(blank);
    let path = table;
    for (const part of parts) {
      path = [...path, part.name];
      this.#record(path, { key: part.offset, value: this.#offset });
    }
    this.#readValue(path);
  }

  /** Reads a dotted key and the blanks behind it. */
  #readKey(): KeyPart[] {
    const parts: KeyPart[] = [];
    for (;;) {
      this.#skip(blank);
      const offset = this.#offset;
      const written = this.#match(bareKey) ?? this.#match(basicString) ?? this.#match(literalString) ?? '';
      parts.push({ name: keyName(written), offset });
      this.#skip(blank);
      if (this.#text[this.#offset] !== '.') return parts;
      this.#offset += 1;
    }
  }

  #readValue(path: DocumentPath): void {
    const first = this.#text[this.#offset];
    if (first === '[') return this.#readItems(path);
    if (first === '{') return this.#readInlineTable(path);
    const patterns = [longBasicString, longLiteralString, basicString, literalString, bareValue];
    for (const pattern of patterns) if (this.#match(pattern) !== undefined) return;
  }

  #readItems(path: DocumentPath): void {
    this.#offset += 1;
    this.#skip(blankLines);
    for (let index = 0; this.#offset < this.#text.length && this.#text[this.#offset] !== ']'; index += 1) {
      const item = [...path, index];
      this.#record(item, { key: this.#offset, value: this.#offset });
      this.#readValue(item);
      this.#skipComma();
    }
    this.#offset += 1;
  }

  #readInlineTable(path: DocumentPath): void {
    this.#offset += 1;
    this.#skip(blankLines);
    while (this.#offset < this.#text.length && this.#text[this.#offset] !== '}') {
      this.#readPair(path);
      this.#skipComma();
    }
    this.#offset += 1;
  }

  #skipComma(): void {
    this.#skip(blankLines);
    if (this.#text[this.#offset] === ',') this.#offset += 1;
    this.#skip(blankLines);
  }

  /** The first place wins: `[a.b]` and `a.b = 1` also name `a`, which may have been written before. */
  #record(path: DocumentPath, span: Span): void {
    const key = pathKey(path);
    if (!this.spans.has(key)) this.spans.set(key, span);
  }

  #skip(pattern: RegExp): void {
    this.#match(pattern);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }
}

function keyName(written: string): string {
  if (written.startsWith("'")) return written.slice(1, -1);
  if (!written.startsWith('"')) return written;
  try {
    return JSON.parse(written) as string;
  } catch {
    // An escape that TOML has and JSON has not: issues at this key point to the table around it.
    return written.slice(1, -1);
  }
}

import { nameKind, nameKinds } from '../core/field-names.ts';
import { maximumChunkExtensionBytes } from './limits.ts';

const nothing = 0;
const inName = 1;
const beforeValue = 2;
const inToken = 3;
const inQuotes = 4;
const afterBackslash = 5;
const afterQuotes = 6;

const tab = 9;
const space = 32;
const quote = 34;
const semicolon = 59;
const equalsSign = 61;
const backslash = 92;
const del = 127;

/**
 * Checks what stands between a chunk's size and its line end, which nobody looks at: `name`, `name=token` or
 * `name="quoted"`, with semicolons between them (RFC 9112, 7.1.1). Blanks around them, which the RFC calls bad, are refused.
 */
export class ChunkExtensions {
  private place = nothing;
  private bytes = 0;

  /** After the first semicolon. */
  reset(): void {
    this.place = nothing;
    this.bytes = 0;
  }

  /** Whether the line may end here. */
  get complete(): boolean {
    return this.place === inName || this.place === inToken || this.place === afterQuotes;
  }

  /** Returns false where `byte` cannot follow. */
  read(byte: number): boolean {
    if (++this.bytes > maximumChunkExtensionBytes) return false;
    if (this.place === inQuotes || this.place === afterBackslash) return this.readQuoted(byte);
    if (this.place !== afterQuotes && nameKinds[byte] !== nameKind.forbidden) {
      if (this.place === nothing) this.place = inName;
      else if (this.place === beforeValue) this.place = inToken;
      return true;
    }
    const following = this.placeAfter(byte);
    this.place = following ?? this.place;
    return following !== null;
  }

  private placeAfter(delimiter: number): number | null {
    if (delimiter === semicolon && this.complete) return nothing;
    if (delimiter === equalsSign && this.place === inName) return beforeValue;
    return delimiter === quote && this.place === beforeValue ? inQuotes : null;
  }

  private readQuoted(byte: number): boolean {
    if ((byte < space && byte !== tab) || byte === del) return false;
    if (this.place === afterBackslash) this.place = inQuotes;
    else if (byte === quote) this.place = afterQuotes;
    else if (byte === backslash) this.place = afterBackslash;
    return true;
  }
}

interface Utf8Methods {
  utf8Write(text: string, offset: number, mostBytes: number): number;
}

/**
 * Writes as many whole characters of `text` as `mostBytes` hold, and returns how many bytes that took; the short way to
 * what `write` does.
 */
export function writeUtf8(bytes: Buffer, text: string, offset: number, mostBytes: number): number {
  return (bytes as Buffer & Utf8Methods).utf8Write(text, offset, mostBytes);
}

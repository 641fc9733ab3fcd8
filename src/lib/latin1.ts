interface Latin1Methods {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number): number;
}

/** `bytes[start, end)` as text, one character a byte; the short way to what `toString('latin1')` does. */
export function latin1Text(bytes: Buffer, start: number, end: number): string {
  return (bytes as Buffer & Latin1Methods).latin1Slice(start, end);
}

/** Writes text of characters up to 255, one byte each. */
export function writeLatin1(bytes: Buffer, text: string, offset: number): void {
  (bytes as Buffer & Latin1Methods).latin1Write(text, offset);
}

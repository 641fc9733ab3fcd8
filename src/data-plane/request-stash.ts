/** Beyond this, no more is read; what one read brings is kept whole. */
const maximumBytes = 16_384;

/** What came of the next requests of a connection while one of them was under way. */
export class RequestStash {
  private bytes: Buffer | null = null;

  get isEmpty(): boolean {
    return this.bytes === null;
  }

  /** Reading has to pause. */
  get isFull(): boolean {
    return this.bytes !== null && this.bytes.length > maximumBytes;
  }

  /** Adds a copy: what was read just now is in memory that the next read uses. */
  add(part: Buffer): void {
    this.bytes = this.bytes === null ? Buffer.from(part) : Buffer.concat([this.bytes, part]);
  }

  /** Takes all of it. What is not used of it is put back. */
  take(): Buffer | null {
    const { bytes } = this;
    this.bytes = null;
    return bytes;
  }

  /** Nothing was added since it was taken, so it is kept as it is. */
  putBack(rest: Buffer): void {
    this.bytes = rest;
  }

  clear(): void {
    this.bytes = null;
  }
}

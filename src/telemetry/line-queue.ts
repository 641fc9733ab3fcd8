/** What a piece is gathered in. */
const memoryBytes = 1_048_576;
/** So many bytes are enough to be written as one piece: what is left is for its last line. */
export const pieceLength = memoryBytes - 16_384;

const noMemory: Buffer = Buffer.alloc(0);
const lineFeed = 0x0a;

/** Lines on their way to a file, bounded. What is taken from it ends with the end of a line. */
export class LineQueue {
  readonly #limitBytes: number;
  /**
   * The newest lines, as bytes in `#memory[0, #used)`. They are written there one by one: gathered as text they would be
   * hundreds of strings to be looked after until they leave.
   */
  #memory = noMemory;
  #used = 0;
  /** The memory of a piece that is written: the next one is gathered in it. */
  #spare = noMemory;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  /** How much of the first piece has been written. */
  #written = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isEmpty(): boolean {
    return this.#used === 0 && this.#pieces.length === 0;
  }

  get hasUnsealed(): boolean {
    return this.#used > 0;
  }

  get hasPieces(): boolean {
    return this.#pieces.length > 0;
  }

  /**
   * Copies the first `length` bytes of `memory`, which are a line with its line end. Returns false where that does not
   * fit.
   */
  add(memory: Uint8Array, length: number): boolean {
    if (this.#pieceBytes + this.#used + length > this.#limitBytes) return false;
    if (memory.length > this.#memory.length - this.#used) this.#makeRoom(memory.length);
    // All of it: a part would be an object of its own, and what is too much is written over by the next line.
    this.#memory.set(memory, this.#used);
    this.#used += length;
    if (this.#used >= pieceLength) this.seal();
    return true;
  }

  #makeRoom(bytes: number): void {
    this.seal();
    this.#memory = bytes <= this.#spare.length ? this.#spare : Buffer.allocUnsafeSlow(Math.max(bytes, memoryBytes));
    this.#spare = noMemory;
  }

  /** Makes a piece of the lines gathered so far. */
  seal(): void {
    if (this.#used === 0) return;
    const piece = this.#memory.subarray(0, this.#used);
    this.#memory = noMemory;
    this.#used = 0;
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
  }

  /** What is to be written next: as many whole lines as `mostBytes` hold, or the rest of one that is longer. */
  next(mostBytes: number): Buffer | null {
    const piece = this.#pieces[0];
    if (piece === undefined) return null;
    const start = this.#written;
    if (piece.length - start <= mostBytes) return piece.subarray(start);
    const lastInside = piece.lastIndexOf(lineFeed, start + mostBytes - 1);
    const last = lastInside >= start ? lastInside : piece.indexOf(lineFeed, start);
    return piece.subarray(start, last + 1);
  }

  /** The first bytes have been written. */
  consume(count: number): void {
    const piece = this.#pieces[0];
    if (piece === undefined) return;
    this.#written += count;
    if (this.#written < piece.length) return;
    this.#pieces.shift();
    this.#pieceBytes -= piece.length;
    this.#written = 0;
    if (piece.buffer.byteLength === memoryBytes) this.#spare = Buffer.from(piece.buffer);
  }

  /** Goes back to the beginning of the line that has been written in part, if there is one. */
  restartLine(): void {
    const piece = this.#pieces[0];
    if (piece === undefined || this.#written === 0) return;
    this.#written = piece.lastIndexOf(lineFeed, this.#written - 1) + 1;
  }

  /** Takes everything but the first `keptBytes`, which are being written by somebody else. */
  takeAfter(keptBytes: number): Buffer {
    this.seal();
    const [first, ...others] = this.#pieces;
    if (first === undefined) return Buffer.alloc(0);
    const keptEnd = this.#written + keptBytes;
    const rest = Buffer.concat([first.subarray(keptEnd), ...others]);
    if (keptBytes === 0) {
      this.clear();
    } else {
      this.#pieces = [first.subarray(0, keptEnd)];
      this.#pieceBytes = keptEnd;
    }
    return rest;
  }

  /** How many lines are in it; one written in part counts. */
  countLines(): number {
    this.seal();
    let lines = 0;
    for (const [index, piece] of this.#pieces.entries())
      lines += countLines(index === 0 ? piece.subarray(this.#written) : piece);
    return lines;
  }

  clear(): void {
    this.#used = 0;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#written = 0;
  }
}

export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) lines += 1;
  return lines;
}

/** So many bytes are enough to be written as one piece. */
export const pieceLength = 262_144;
/** A piece is gathered in this much memory, so that its last line fits too. */
const memoryBytes = pieceLength + 16_384;
/** Less than this is not worth gathering in. */
const leastMemoryBytes = 4_096;
/** No character takes more bytes of UTF-8 for one unit of a string. */
const mostBytesPerUnit = 3;

const lineFeed = 0x0a;

/** Lines on their way to a file, bounded. What is taken from it ends with the end of a line. */
export class LineQueue {
  readonly #limitBytes: number;
  /**
   * The newest lines, as bytes in `#memory[0, #used)`. They are written there one by one: gathered as text they would be
   * hundreds of strings to be looked after until they leave.
   */
  #memory: Buffer = Buffer.alloc(0);
  #used = 0;
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

  /** Returns false where the line does not fit. */
  add(line: string): boolean {
    if (this.#pieceBytes + this.#used + line.length > this.#limitBytes) return false;
    if (line.length * mostBytesPerUnit > this.#memory.length - this.#used) this.#makeRoom(line);
    this.#used += this.#memory.write(line, this.#used, 'utf8');
    if (this.#used >= pieceLength) this.seal();
    return true;
  }

  #makeRoom(line: string): void {
    this.seal();
    const wanted = line.length * mostBytesPerUnit;
    if (this.#memory.length < Math.max(wanted, leastMemoryBytes)) {
      this.#memory = Buffer.allocUnsafeSlow(Math.max(wanted, memoryBytes));
    }
  }

  /** Makes a piece of the lines gathered so far. */
  seal(): void {
    if (this.#used === 0) return;
    const piece = this.#memory.subarray(0, this.#used);
    this.#memory = this.#memory.subarray(this.#used);
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

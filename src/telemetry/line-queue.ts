/** Text of this length is turned into bytes, to be written as one piece. */
export const pieceLength = 65_536;

const lineFeed = 0x0a;

/** Lines on their way to a file, bounded. What is taken from it ends with the end of a line. */
export class LineQueue {
  readonly #limitBytes: number;
  /** The newest lines; they become bytes when they are enough for a piece, or on `seal`. */
  #text = '';
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  /** How much of the first piece has been written. */
  #written = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isEmpty(): boolean {
    return this.#text === '' && this.#pieces.length === 0;
  }

  get hasUnsealed(): boolean {
    return this.#text !== '';
  }

  get hasPieces(): boolean {
    return this.#pieces.length > 0;
  }

  /** Returns false where the line does not fit. */
  add(line: string): boolean {
    if (this.#pieceBytes + this.#text.length + line.length > this.#limitBytes) return false;
    this.#text += line;
    if (this.#text.length >= pieceLength) this.seal();
    return true;
  }

  /** Makes a piece of the lines gathered so far. */
  seal(): void {
    if (this.#text === '') return;
    const piece = Buffer.from(this.#text, 'utf8');
    this.#text = '';
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
    this.#text = '';
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

const headEnd = Buffer.from('\r\n\r\n');
const statusStart = 'HTTP/1.1 '.length;
const longestHead = 4_096;

/** Says when an answer has arrived whole, which has the status 200 and a body of a length that is known before. */
export class AnswerReader {
  private readonly bodyBytes: number;
  private readonly head = Buffer.alloc(longestHead);
  private headLength = 0;
  /** Of the body, once the head is there; -1 before. */
  private missing = -1;

  constructor(bodyBytes: number) {
    this.bodyBytes = bodyBytes;
  }

  /** True when the answer ends with these bytes. Throws an Error for any other answer, and for bytes behind this one. */
  feed(bytes: Buffer, length: number): boolean {
    if (this.missing < 0) {
      if (this.headLength + length > longestHead) throw new Error('the head of an answer is too long');
      bytes.copy(this.head, this.headLength, 0, length);
      this.headLength += length;
      const end = this.head.subarray(0, this.headLength).indexOf(headEnd);
      if (end < 0) return false;
      this.checkStatus();
      this.missing = this.bodyBytes - (this.headLength - end - headEnd.length);
    } else {
      this.missing -= length;
    }
    if (this.missing < 0) throw new Error('an answer is longer than it should be');
    if (this.missing > 0) return false;
    this.headLength = 0;
    this.missing = -1;
    return true;
  }

  private checkStatus(): void {
    const { head } = this;
    if (head[statusStart] === 0x32 && head[statusStart + 1] === 0x30 && head[statusStart + 2] === 0x30) return;
    throw new Error(`not a 200: ${head.toString('latin1', 0, Math.min(this.headLength, 80))}`);
  }
}

import type { ErrorCode } from '../core/error-codes.ts';
import type { BodyFraming } from '../core/message-head.ts';
import { hexadecimalValue } from '../lib/hexadecimal.ts';
import { ChunkExtensions } from './chunk-extensions.ts';
import { maximumChunkSizeDigits, type HeadLimits } from './limits.ts';
import { TrailerParser } from './trailer-parser.ts';

const inSize = 0;
const inExtensions = 1;
const atSizeLineFeed = 2;
const inData = 3;
const atDataReturn = 4;
const atDataLineFeed = 5;
const inTrailer = 6;

const lineFeed = 10;
const carriageReturn = 13;
const semicolon = 59;

/**
 * Takes a body out of its framing (RFC 9112, 6 and 7), from pieces cut anywhere and without copying:
 *
 *     while (at < end && !body.done && body.error === null) {
 *       at = body.next(bytes, at, end);
 *       // bytes[body.dataStart, body.dataEnd) is the next part of the content, perhaps empty
 *     }
 */
export class BodyReader {
  done = true;
  error: ErrorCode | null = null;
  dataStart = 0;
  dataEnd = 0;
  /** Bytes of content so far. */
  received = 0;
  private framing: BodyFraming = 'none';
  private remaining = 0;
  private chunkState = inSize;
  private chunkDigits = 0;
  private readonly extensions = new ChunkExtensions();
  private limits: HeadLimits | null = null;
  private trailers: TrailerParser | null = null;

  /** Begins a body. `contentLength` counts for the framing `length` only. */
  begin(framing: BodyFraming, contentLength: number, limits: HeadLimits): void {
    this.framing = framing;
    this.remaining = framing === 'length' ? contentLength : 0;
    this.done = framing === 'none' || (framing === 'length' && contentLength === 0);
    this.error = null;
    this.received = 0;
    this.chunkState = inSize;
    this.chunkDigits = 0;
    this.limits = limits;
  }

  /** The sender closed its side: whether that ends the body well. */
  endOfStream(): boolean {
    if (this.framing === 'close') this.done = true;
    return this.done;
  }

  /** Reads on in `bytes[start, end)`; returns the index after what it used and sets `dataStart` and `dataEnd`. */
  next(bytes: Buffer, start: number, end: number): number {
    this.dataStart = start;
    this.dataEnd = start;
    if (this.framing === 'length') {
      this.dataEnd = end - start > this.remaining ? start + this.remaining : end;
      this.takeData();
      this.done = this.remaining === 0;
      return this.dataEnd;
    }
    if (this.framing === 'close') {
      this.dataEnd = end;
      this.received += end - start;
      return end;
    }
    return this.nextChunked(bytes, start, end);
  }

  private takeData(): void {
    const size = this.dataEnd - this.dataStart;
    this.remaining -= size;
    this.received += size;
  }

  private nextChunked(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.error === null && !this.done) {
      if (this.chunkState === inData) {
        this.dataStart = at;
        this.dataEnd = end - at > this.remaining ? at + this.remaining : end;
        this.takeData();
        if (this.remaining === 0) this.chunkState = atDataReturn;
        return this.dataEnd;
      }
      if (this.chunkState === inTrailer) {
        at = this.readTrailers(bytes, at, end);
      } else {
        this.readDelimiter(bytes[at] ?? 0);
        at++;
      }
    }
    this.dataStart = at;
    this.dataEnd = at;
    return at;
  }

  private readDelimiter(byte: number): void {
    switch (this.chunkState) {
      case inSize:
        return this.readSize(byte);
      case inExtensions:
        return this.readExtensions(byte);
      case atSizeLineFeed:
        return this.expect(byte, lineFeed, this.remaining === 0 ? inTrailer : inData);
      case atDataReturn:
        return this.expect(byte, carriageReturn, atDataLineFeed);
      default:
        this.chunkDigits = 0;
        return this.expect(byte, lineFeed, inSize);
    }
  }

  private expect(byte: number, wanted: number, following: number): void {
    if (byte !== wanted) this.error = 'invalid_chunk';
    this.chunkState = following;
    if (following === inTrailer && this.limits !== null) {
      this.trailers ??= new TrailerParser();
      this.trailers.reset(this.limits);
    }
  }

  private readSize(byte: number): void {
    const digit = hexadecimalValue(byte);
    if (digit >= 0) {
      if (++this.chunkDigits > maximumChunkSizeDigits) this.error = 'invalid_chunk';
      this.remaining = this.remaining * 16 + digit;
    } else if (this.chunkDigits === 0) {
      this.error = 'invalid_chunk';
    } else if (byte === carriageReturn) {
      this.chunkState = atSizeLineFeed;
    } else if (byte === semicolon) {
      this.chunkState = inExtensions;
      this.extensions.reset();
    } else {
      this.error = 'invalid_chunk';
    }
  }

  private readExtensions(byte: number): void {
    if (byte !== carriageReturn) {
      if (!this.extensions.read(byte)) this.error = 'invalid_chunk';
    } else if (this.extensions.complete) {
      this.chunkState = atSizeLineFeed;
    } else {
      this.error = 'invalid_chunk';
    }
  }

  private readTrailers(bytes: Buffer, start: number, end: number): number {
    const trailers = this.trailers;
    if (trailers === null) return end;
    const at = trailers.feed(bytes, start, end);
    if (trailers.error !== null) this.error = trailers.error === 'head_too_large' ? 'head_too_large' : 'invalid_chunk';
    this.done = trailers.complete;
    return at;
  }
}

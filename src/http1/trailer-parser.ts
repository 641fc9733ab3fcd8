import type { ErrorCode } from '../core/error-codes.ts';
import { MessageHead } from '../core/message-head.ts';
import { HeadParser } from './head-parser.ts';
import { defaultHeadLimits, type HeadLimits } from './limits.ts';

/** Reads the trailer section of a chunked body: held to the rules of fields, then dropped (RFC 9112, 7.1.2). */
export class TrailerParser extends HeadParser {
  constructor() {
    super(new MessageHead(), defaultHeadLimits);
  }

  reset(limits: HeadLimits): void {
    this.head.resetFields();
    this.resetParser(limits, 'fields');
  }

  protected override readStartLine(): ErrorCode | null {
    return 'invalid_chunk';
  }

  protected override readField(): ErrorCode | null {
    return null;
  }

  protected override finishHead(): ErrorCode | null {
    return null;
  }

  protected override malformed(): ErrorCode {
    return 'invalid_chunk';
  }
}

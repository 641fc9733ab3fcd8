import type { ErrorCode } from '../core/error-codes.ts';
import { fieldRole, type FieldRole } from '../core/field-names.ts';
import { MessageHead } from '../core/message-head.ts';
import { HeadParser } from './head-parser.ts';
import { defaultHeadLimits, type HeadLimits } from './limits.ts';

const misplacedRoles: readonly FieldRole[] = [
  fieldRole.contentLength,
  fieldRole.transferEncoding,
  fieldRole.host,
  fieldRole.connection,
  fieldRole.upgrade,
];

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

  protected override takeStartLine(): void {
    // There is none.
  }

  /** RFC 9110, 6.5.1: what says how to read or route a message comes too late here, and is there to confuse somebody. */
  protected override readField(role: FieldRole): ErrorCode | null {
    return misplacedRoles.includes(role) ? 'invalid_chunk' : null;
  }

  protected override finishHead(): ErrorCode | null {
    return null;
  }

  protected override malformed(): ErrorCode {
    return 'invalid_chunk';
  }
}

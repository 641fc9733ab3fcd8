import type { ErrorCode } from '../core/error-codes.ts';
import { fieldRole, type FieldRole } from '../core/field-names.ts';
import type { PolicyExchange } from '../core/policy.ts';
import type { Consumer } from '../core/ports.ts';
import { RequestHead } from '../core/request-head.ts';
import { ipNetwork } from '../lib/ip-network.ts';
import { holdUncounted, type Hold } from '../state/client-holds.ts';
import type { NamedPolicy } from '../snapshot/compile-policies.ts';
import type { Rewrite } from '../snapshot/rewrite.ts';
import type { Route } from '../snapshot/snapshot.ts';
import { RequestIdentity } from './request-identity.ts';

/** A request as policies see it, with what they have said of it. */
export class JudgedRequest implements PolicyExchange {
  readonly head: RequestHead;
  readonly identity = new RequestIdentity();
  route: Route | null = null;
  consumer: Consumer | null = null;
  /** The normalised path, once there is one. */
  path = '';
  clientIp = '';
  maximumBody = Infinity;
  /** What the path is rewritten to, null where it is not. */
  private rewrittenPath: string | null = null;
  /** `Host` with its line end for the target, null for the target's own. */
  sentHostLine: string | null = null;
  /** Lines that policies add to what the target gets. */
  requestFields = '';
  /** See `PolicyExchange`. */
  body: Buffer | null = null;
  /** Roles of fields that `responseFields` replaces, as a set of bits. */
  replacedRoles = 0;
  /** What the client holds with this request. */
  hold: Hold = holdUncounted;
  /** The policy that ended the request, null where none did. */
  refusedBy: NamedPolicy | null = null;
  /** What the first policy that is only tried out would have refused the request with. */
  shadowRefusal: ErrorCode | null = null;

  private answerFields = '';
  /** Of the limit that has the least left, and from `listedAt` on of all limits. */
  private limitLines = '';
  private listedAt = 0;
  private leastRemaining = Infinity;
  private answerPhase: 'none' | 'judged' | 'failed' = 'none';
  private fieldsBeforeAnswer = '';
  private rolesBeforeAnswer = 0;

  constructor(head: RequestHead = new RequestHead()) {
    this.head = head;
  }

  /** Makes ready for another request, from `clientIp` as far as is known. */
  resetJudgement(clientIp: string, maximumBody: number): void {
    this.route = null;
    this.consumer = null;
    this.path = '';
    this.clientIp = clientIp;
    this.maximumBody = maximumBody;
    this.requestFields = '';
    this.answerFields = '';
    this.replacedRoles = 0;
    this.limitLines = '';
    this.body = null;
    this.refusedBy = null;
    this.shadowRefusal = null;
    this.answerPhase = 'none';
  }

  /** What the target gets in place of path and `Host`; null for what is usual. */
  rewrite(rewrite: Rewrite | null): void {
    this.rewrittenPath = rewrite === null ? null : rewrite.path(this);
    this.sentHostLine = rewrite === null ? null : rewrite.hostLine(this);
  }

  /** The path that the target gets, without the query. */
  get sentPath(): string {
    return this.rewrittenPath ?? this.path;
  }

  /** See `PolicySubject`. Here is nobody who sends a body. */
  holdsBody(_policy: NamedPolicy, _at: number): boolean {
    return true;
  }

  /**
   * An answer is to be judged: what policies have said of an earlier one, which nobody saw, is forgotten. Returns false
   * where no policy is to be asked again, since one of them has failed.
   */
  beginAnswer(): boolean {
    if (this.answerPhase === 'failed') return false;
    if (this.answerPhase === 'judged') {
      this.answerFields = this.fieldsBeforeAnswer;
      this.replacedRoles = this.rolesBeforeAnswer;
    }
    this.answerPhase = 'judged';
    this.fieldsBeforeAnswer = this.answerFields;
    this.rolesBeforeAnswer = this.replacedRoles;
    return true;
  }

  failAnswer(): void {
    this.answerPhase = 'failed';
    this.answerFields = this.fieldsBeforeAnswer;
    this.replacedRoles = this.rolesBeforeAnswer;
  }

  /** Lines that policies add to the answer. */
  get responseFields(): string {
    const { answerFields, limitLines } = this;
    return limitLines === '' ? answerFields : answerFields + limitLines;
  }

  get requestId(): string {
    return this.identity.id;
  }

  set requestId(id: string) {
    this.identity.id = id;
  }

  get routeName(): string {
    return this.route?.name ?? '';
  }

  get clientNetwork(): string {
    return ipNetwork(this.clientIp);
  }

  addToRequest(lines: string): void {
    this.requestFields += lines;
  }

  removeFromRequest(lowerName: string): void {
    this.head.removeSpellings(lowerName);
    this.requestFields = withoutField(this.requestFields, lowerName);
  }

  replaceOnAnswer(role: FieldRole, lines: string): void {
    this.replacedRoles |= 1 << role;
    this.answerFields = this.answerFields === '' ? lines : this.answerFields + lines;
  }

  addToAnswer(lines: string): void {
    this.answerFields += lines;
  }

  removeFromAnswer(lowerName: string): void {
    this.answerFields = withoutField(this.answerFields, lowerName);
  }

  tellLimit(remaining: number, lines: string, listedAt: number): void {
    if (this.limitLines !== '') return this.tellAnotherLimit(remaining, lines, listedAt);
    this.replacedRoles |= 1 << fieldRole.rateLimit;
    this.limitLines = lines;
    this.listedAt = listedAt;
    this.leastRemaining = remaining;
  }

  private tellAnotherLimit(remaining: number, lines: string, listedAt: number): void {
    const before = this.limitLines;
    const listed = before.slice(this.listedAt) + lines.slice(listedAt);
    // Of two that are alike, the later one may be the one that has refused.
    const isStricter = remaining <= this.leastRemaining;
    const own = isStricter ? lines.slice(0, listedAt) : before.slice(0, this.listedAt);
    if (isStricter) this.leastRemaining = remaining;
    this.limitLines = own + listed;
    this.listedAt = own.length;
  }

  noteShadowRefusal(code: ErrorCode): void {
    this.shadowRefusal ??= code;
  }
}

/** Whole lines without those of this lower-case name. */
function withoutField(lines: string, lowerName: string): string {
  if (lines === '') return lines;
  const kept = lines.split('\r\n').filter((line) => !line.toLowerCase().startsWith(`${lowerName}:`));
  return kept.join('\r\n');
}

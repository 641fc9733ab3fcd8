import type { ErrorCode } from '../core/error-codes.ts';
import type { FieldRole } from '../core/field-names.ts';
import type { PolicyExchange } from '../core/policy.ts';
import type { Consumer } from '../core/ports.ts';
import { RequestHead } from '../core/request-head.ts';
import { ipNetwork } from '../lib/ip-network.ts';
import type { NamedPolicy } from '../snapshot/compile-policies.ts';
import type { Route } from '../snapshot/snapshot.ts';

/** A request as policies see it, with what they have said of it. */
export class JudgedRequest implements PolicyExchange {
  readonly head: RequestHead;
  route: Route | null = null;
  consumer: Consumer | null = null;
  /** The normalised path, once there is one. */
  path = '';
  clientIp = '';
  requestId = '';
  maximumBody = Infinity;
  /** Lines that policies add to what the target gets. */
  requestFields = '';
  /** Lines that policies add to the answer. */
  responseFields = '';
  /** Roles of fields that those lines replace, as a set of bits. */
  replacedRoles = 0;
  /** The policy that ended the request, null where none did. */
  refusedBy: NamedPolicy | null = null;
  /** What a policy that is only tried out would have refused the request with. */
  shadowRefusal: ErrorCode | null = null;

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
    this.requestId = '';
    this.maximumBody = maximumBody;
    this.requestFields = '';
    this.responseFields = '';
    this.replacedRoles = 0;
    this.refusedBy = null;
    this.shadowRefusal = null;
    this.answerPhase = 'none';
  }

  /**
   * An answer is to be judged: what policies have said of an earlier one, which nobody saw, is forgotten. Returns false
   * where no policy is to be asked again, since one of them has failed.
   */
  beginAnswer(): boolean {
    if (this.answerPhase === 'failed') return false;
    if (this.answerPhase === 'judged') {
      this.responseFields = this.fieldsBeforeAnswer;
      this.replacedRoles = this.rolesBeforeAnswer;
    }
    this.answerPhase = 'judged';
    this.fieldsBeforeAnswer = this.responseFields;
    this.rolesBeforeAnswer = this.replacedRoles;
    return true;
  }

  failAnswer(): void {
    this.answerPhase = 'failed';
    this.responseFields = this.fieldsBeforeAnswer;
    this.replacedRoles = this.rolesBeforeAnswer;
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

  replaceOnAnswer(role: FieldRole, lines: string): void {
    this.replacedRoles |= 1 << role;
    this.responseFields = this.responseFields === '' ? lines : this.responseFields + lines;
  }

  noteShadowRefusal(code: ErrorCode): void {
    this.shadowRefusal = code;
  }
}

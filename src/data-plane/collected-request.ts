import type { ErrorCode } from '../core/error-codes.ts';
import { BodyReader } from '../http1/body-reader.ts';
import type { NamedPolicy } from '../snapshot/compile-policies.ts';
import { JudgedRequest } from './judged-request.ts';

/** A request with its body, which a policy may ask for as a whole before anything of it is passed on. */
export abstract class CollectedRequest extends JudgedRequest {
  readonly requestBody = new BodyReader();
  /** Keeps all of the body that has come so far. */
  abstract readonly forward: { readonly sender: { heldBody(): Buffer } };
  /** The policy that waits for the whole body, and its place; null where none does. */
  private bodyPolicy: NamedPolicy | null = null;
  private bodyPolicyAt = 0;
  /** Before all policies have been asked there is none: one of them may set it. */
  private bodyCap = Infinity;

  abstract refuse(code: ErrorCode): void;
  /** The client is to send its body now. */
  protected abstract askForBody(): void;

  protected resetCollection(): void {
    this.bodyPolicy = null;
    this.bodyCap = Infinity;
  }

  override holdsBody(policy: NamedPolicy, at: number): boolean {
    const { head, requestBody } = this;
    if (Math.max(requestBody.received, head.contentLength) > policy.bodyLimit) {
      this.refusedBy = policy;
      this.refuse('body_too_large');
      return false;
    }
    if (requestBody.done) {
      this.body ??= this.forward.sender.heldBody();
      return true;
    }
    this.bodyPolicy = policy;
    this.bodyPolicyAt = at;
    this.bodyCap = policy.bodyLimit;
    this.askForBody();
    return false;
  }

  /** Whether what comes of the body is kept, however long it takes to come. */
  protected get collecting(): boolean {
    return this.bodyPolicy !== null;
  }

  /** The body is whole: the place of the policy that has waited for it, -1 where none has. */
  protected endCollection(): number {
    if (this.bodyPolicy === null) return -1;
    this.resetCollection();
    return this.bodyPolicyAt;
  }

  /** All policies have been asked: from here on the limit of the request counts. */
  protected limitBody(): void {
    this.bodyCap = this.maximumBody;
  }

  /** Whether more of the body has come than the request may have; if so, for the policy that has waited for it. */
  protected exceedsLimit(): boolean {
    if (this.requestBody.received <= this.bodyCap) return false;
    this.refusedBy = this.bodyPolicy;
    return true;
  }
}

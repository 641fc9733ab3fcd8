import { MessageHead } from './message-head.ts';

/** The head of a request, parsed and validated. */
export class RequestHead extends MessageHead {
  method = '';
  /** The path as it was sent, still to be normalised; `*` for the asterisk form. */
  path = '';
  /** The target was a path, perhaps with a query (RFC 9112, 3.2.1). */
  isOriginForm = true;
  /** With its question mark, or empty. */
  query = '';
  /** The authority that the request is for: of the absolute form if that was used, otherwise of `Host`. */
  host = '';
  expectsContinue = false;
  wantsUpgrade = false;
  /** Values of single fields that the gateway looks at, empty where the field is absent. */
  requestId = '';
  traceparent = '';
  forwardedFor = '';
  forwardedProto = '';
  forwardedHost = '';

  reset(): void {
    this.resetFields();
    this.method = '';
    this.path = '';
    this.isOriginForm = true;
    this.query = '';
    this.host = '';
    this.expectsContinue = false;
    this.wantsUpgrade = false;
    this.requestId = '';
    this.traceparent = '';
    this.forwardedFor = '';
    this.forwardedProto = '';
    this.forwardedHost = '';
  }

  get hasBody(): boolean {
    return this.chunked || this.contentLength > 0;
  }
}

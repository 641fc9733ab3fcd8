import { MessageHead, type BodyFraming } from './message-head.ts';

/** The head of a response, parsed and validated. */
export class ResponseHead extends MessageHead {
  status = 0;
  hasDate = false;
  /** Seconds that the target says it keeps an idle connection for (`Keep-Alive: timeout=5`), -1 where it says nothing. */
  keepAliveSeconds = -1;

  reset(): void {
    this.resetFields();
    this.status = 0;
    this.hasDate = false;
    this.keepAliveSeconds = -1;
  }

  /** What stands behind the status, which says nothing (RFC 9112, 4). */
  get reason(): string {
    return this.text.slice(this.startLineStart + 'HTTP/1.1 200 '.length, this.startLineEnd - 2);
  }

  /** How the body that follows is framed, given the method of the request (RFC 9112, 6.3). */
  framingFor(method: string): BodyFraming {
    if (method === 'HEAD' || this.status === 204 || this.status === 304 || this.status < 200) return 'none';
    if (this.chunked) return 'chunked';
    if (this.contentLength >= 0) return this.contentLength === 0 ? 'none' : 'length';
    return 'close';
  }
}

import { idIn, idLineIn, traceparentIn, type RequestIds } from './request-ids.ts';

/** What a request is known by: its id and its trace, those that it brought and those that were made for it. */
export class RequestIdentity {
  /** As `RequestIds` makes them; empty where the request brought both. */
  private made = '';
  private givenId = '';
  private givenTrace = '';

  /** For another request, with the `X-Request-Id` and the `traceparent` that it brought; an empty text is for none. */
  begin(id: string, traceparent: string, ids: RequestIds): void {
    this.beginGiven(id, traceparent);
    this.made = id === '' || traceparent === '' ? ids.createLines() : '';
  }

  /** For another request, of which both are known. */
  beginGiven(id: string, traceparent: string): void {
    this.givenId = id;
    this.givenTrace = traceparent;
  }

  /** Nothing of the request is needed any more. */
  forget(): void {
    this.made = '';
    this.givenId = '';
    this.givenTrace = '';
  }

  get id(): string {
    return this.givenId === '' ? idIn(this.made) : this.givenId;
  }

  set id(id: string) {
    this.givenId = id;
  }

  /** The line for an answer. */
  get answerLine(): string {
    return this.givenId === '' ? idLineIn(this.made) : `X-Request-Id: ${this.givenId}\r\n`;
  }

  /** The lines for a target, and the end of its head. */
  get targetLines(): string {
    const { made, givenId, givenTrace } = this;
    if (givenId === '' && givenTrace === '') return made;
    const traceparent = givenTrace === '' ? traceparentIn(made) : givenTrace;
    return `X-Request-Id: ${this.id}\r\ntraceparent: ${traceparent}\r\n\r\n`;
  }
}

import { randomUUID } from 'node:crypto';
import {
  definePolicy,
  type Policy,
  type PolicyAnswer,
  type PolicyExchange,
  type PolicyExplanation,
} from '../core/policy.ts';
import { isRequestId } from '../core/request-id.ts';

/** Says where the id of a request comes from, and under which other name it is read and sent. */
export const requestId = definePolicy({
  name: 'request_id',
  summary: "Says whether a client's request id is believed, and under which other name the id is read and sent.",
  options: ({ section, flag, settableField }) =>
    section({
      trust: flag()
        .prefault(true)
        .describe(
          'Take over an id that the client sends, of 1 to 128 visible ASCII characters. Otherwise each request gets a new one.',
        ),
      header: settableField()
        .optional()
        .describe(
          'A name such as `X-Correlation-Id`: the id is read from this field first, and sent in it too, to the target and to the client, beside `X-Request-Id`.',
        ),
    }),
  notes: [
    'The id goes to the target and to the client as `X-Request-Id`, stands in the access log, and in every error that the gateway makes. Without this policy, one that a client sends is taken over.',
    'Put it first, so that the refusals of other policies have the same id.',
  ],
  create: ({ trust, header }) =>
    header === undefined ? new RequestIdPolicy(trust, '') : new NamedRequestIdPolicy(trust, header),
});

class RequestIdPolicy implements Policy {
  private readonly trust: boolean;
  /** As it is spelled, and in lower case; empty for none. */
  protected readonly header: string;
  protected readonly lowerName: string;

  constructor(trust: boolean, header: string) {
    this.trust = trust;
    this.header = header;
    this.lowerName = header.toLowerCase();
  }

  onRequest(exchange: PolicyExchange): undefined {
    exchange.requestId = this.choose(exchange);
  }

  private choose({ head, requestId: present }: PolicyExchange): string {
    if (!this.trust) return present === head.requestId ? randomUUID().replaceAll('-', '') : present;
    const sent = this.header === '' ? undefined : head.get(this.lowerName);
    return sent !== undefined && isRequestId(sent) ? sent : present;
  }

  explain({ head, requestId: id }: PolicyExchange): PolicyExplanation {
    const isSent = id === head.requestId || (this.header !== '' && id === head.get(this.lowerName));
    const also = this.header === '' ? '' : `; also sent as ${this.header}`;
    return { skipped: false, reason: `${isSent ? "the client's id is taken over" : 'a new id'}${also}` };
  }
}

/** With a second name, which is for the target and the client. */
class NamedRequestIdPolicy extends RequestIdPolicy {
  override onRequest(exchange: PolicyExchange): undefined {
    super.onRequest(exchange);
    exchange.removeFromRequest(this.lowerName);
    exchange.addToRequest(`${this.header}: ${exchange.requestId}\r\n`);
  }

  onResponse(exchange: PolicyExchange, answer: PolicyAnswer): void {
    answer.remove(this.lowerName);
    exchange.removeFromAnswer(this.lowerName);
    exchange.addToAnswer(`${this.header}: ${exchange.requestId}\r\n`);
  }
}

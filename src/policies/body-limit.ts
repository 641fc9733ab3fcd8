import {
  definePolicy,
  type Policy,
  type PolicyExchange,
  type PolicyExplanation,
  type Verdict,
} from '../core/policy.ts';
import { formatByteSize } from '../lib/byte-size.ts';

/** Says how long bodies may be, in place of the limit of the whole gateway. */
export const bodyLimit = definePolicy({
  name: 'body_limit',
  summary: 'Says how long the body of a request may be, in place of `limits.body`.',
  options: ({ section, byteSize }) =>
    section({
      size: byteSize(0).describe('The longest body. It may be more than `limits.body` or less.'),
    }),
  refusals: ['body_too_large'],
  notes: [
    'A body that states its length is refused before anything of the request is sent to a target. One that does not (`Transfer-Encoding: chunked`) is passed on as it comes; once it is too long, the client gets the refusal, and the connection to the target is closed, so that the target cannot take the beginning for the whole.',
    'Of several, each has to be met. To let one route take more than the others, set `limits.body` for all and this policy for the one.',
  ],
  create: ({ size }) => new BodyLimitPolicy(size),
});

/** A body that states its length is refused here; what streams is counted by the gateway as it comes. */
class BodyLimitPolicy implements Policy {
  private readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  onRequest(exchange: PolicyExchange): Verdict {
    if (exchange.head.contentLength > this.size) return { code: 'body_too_large' };
    exchange.maximumBody = this.size;
    return undefined;
  }

  explain({ head }: PolicyExchange): PolicyExplanation {
    const size = formatByteSize(this.size);
    if (head.chunked) return { skipped: false, reason: `the body is cut off after ${size}; its length is not stated` };
    if (head.contentLength <= 0) return { skipped: false, reason: `there is no body; it may have ${size}` };
    return { skipped: false, reason: `the body has ${formatByteSize(head.contentLength)} of at most ${size}` };
  }
}

import { FixedAnswer } from '../core/fixed-answer.ts';
import {
  definePolicy,
  type Policy,
  type PolicyExchange,
  type PolicyExplanation,
  type Verdict,
} from '../core/policy.ts';

/** Answers every request itself. */
export const respond = definePolicy({
  name: 'respond',
  summary: 'Answers every request that reaches it itself, such as with a notice of maintenance.',
  options: ({ fixedAnswer }) => fixedAnswer(),
  notes: [
    'Policies before it are asked first: with `ip_allow` or `api_key` above, only those whom these let by see the answer. As a policy of all routes it closes the whole gateway; remove it, and the running gateway loads the change.',
    'For one route that always answers the same there is `respond` of the route itself.',
  ],
  create: (options, host) => new RespondPolicy(new FixedAnswer(options, host.pattern), options.status),
});

class RespondPolicy implements Policy {
  private readonly answer: FixedAnswer;
  private readonly status: number;

  constructor(answer: FixedAnswer, status: number) {
    this.answer = answer;
    this.status = status;
  }

  onRequest(exchange: PolicyExchange): Verdict {
    return this.answer.reply(exchange);
  }

  explain(): PolicyExplanation {
    return { skipped: false, reason: `it answers every request with ${this.status}` };
  }
}

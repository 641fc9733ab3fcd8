import type { PolicyFinding, SentFinding, UpstreamFinding } from '../core/explanation.ts';
import type { Refusal } from '../core/policy.ts';
import type { Reply } from '../core/reply.ts';

/** Where a request has come to. */
export interface Fate {
  readonly refusal: Refusal | null;
  /** An answer of the gateway's own that is no refusal. */
  readonly reply: Reply | null;
  readonly upstreams: readonly UpstreamFinding[];
  readonly sent: SentFinding | null;
  readonly policies: readonly PolicyFinding[];
  readonly notes: readonly string[];
  /** What was looked up as an API key. */
  readonly secrets: readonly string[];
}

export const nowhere: Fate = {
  refusal: null,
  reply: null,
  upstreams: [],
  sent: null,
  policies: [],
  notes: [],
  secrets: [],
};

import type { ErrorCode } from './error-codes.ts';

/**
 * What becomes of a request, and why. This is the document that `sluice explain --json` prints and that the admin API
 * answers with; durations are in milliseconds. Nothing in it is a secret of the request's.
 */
export interface Explanation {
  /** Null where no route matches. */
  readonly route: string | null;
  /** Null where none is asked, or where the route divides its requests among several. */
  readonly upstream: string | null;
  /** URL of the target that would be asked first; null where none is asked, or where chance decides. */
  readonly target: string | null;
  /** Of the gateway's own answer; null where the request would be forwarded, or one of the gateway's endpoints answers. */
  readonly status: number | null;
  /** Of the refusal; null where there is none. */
  readonly code: ErrorCode | null;
  /** In the order in which they run. */
  readonly policies: readonly PolicyFinding[];
  /** Every route that was considered, the one that was chosen first. */
  readonly candidates: readonly CandidateFinding[];
  /** One sentence. */
  readonly summary: string;
  /** What whoever sends the request can do about a refusal; null where there is none. */
  readonly advice: string | null;
  /** Whether the state is that of a running gateway, or that of one that has just been started. */
  readonly live: boolean;
  readonly request: RequestFinding;
  /** Those that the request may be sent to: more than one where the route divides its requests. */
  readonly upstreams: readonly UpstreamFinding[];
  /** What the target would get; null where the request is not forwarded. */
  readonly sent: SentFinding | null;
  /** The gateway's own answer; null where the request would be forwarded. */
  readonly answer: AnswerFinding | null;
  /** Whole lines that the gateway and its policies add to a target's answer. */
  readonly added_to_answer: readonly string[];
  /** What else there is to know, such as what could not be looked at. */
  readonly notes: readonly string[];
}

export interface RequestFinding {
  readonly method: string;
  readonly host: string;
  /** Normalised; as it was sent where it has no safe form. */
  readonly path: string;
  readonly query: string;
  /** The client behind trusted proxies. */
  readonly client_ip: string;
  /** Name of the API key; null where none was recognised. */
  readonly consumer: string | null;
}

export interface PolicyFinding {
  readonly policy: string;
  /** `refuse`: it ends the request, by a refusal or an answer of its own. `skip`: it had nothing to say, or was not asked. */
  readonly verdict: 'pass' | 'refuse' | 'skip';
  readonly reason: string;
  /** Of a refusal. */
  readonly code?: ErrorCode;
  /** What it would refuse the request with, were it not tried out only. */
  readonly shadow_code?: ErrorCode;
  /** The token buckets that it looked at. */
  readonly limits?: readonly LimitFinding[];
}

/** One token bucket, as it would be after this request. */
export interface LimitFinding {
  /** Whose bucket it is. */
  readonly subject: string;
  /** Tokens of a full one. */
  readonly burst: number;
  /** In which one token comes back. */
  readonly token_ms: number;
  readonly allowed: boolean;
  readonly remaining: number;
  readonly full_after_ms: number;
  /** 0 where it was allowed. */
  readonly retry_after_ms: number;
}

export interface CandidateFinding {
  readonly route: string;
  readonly matched: boolean;
  readonly reason: string;
}

export interface UpstreamFinding {
  readonly upstream: string;
  /** Of the route's requests, from 0 to 1. */
  readonly share: number;
  /** What those that it gets are refused with at the moment; null where they are not. */
  readonly refusal: ErrorCode | null;
  readonly targets: readonly TargetFinding[];
  /** Why it is the chosen target, or why there is none. */
  readonly choice: string;
  /** Null where it is switched off. */
  readonly breaker: BreakerFinding | null;
  /** Null where a failed request is not sent again. */
  readonly retry: RetryFinding | null;
  readonly timeouts: {
    readonly connect_ms: number;
    readonly response_ms: number;
    readonly idle_ms: number;
    readonly wait_ms: number;
  };
}

export interface TargetFinding {
  readonly url: string;
  readonly weight: number;
  /** What its health checks say; `unknown` before the first, and where there are none. */
  readonly health: 'healthy' | 'unhealthy' | 'unknown';
  /** How long it still gets no requests because it failed some; 0 where it gets them. */
  readonly ejected_for_ms: number;
  /** Null where nobody counts them. */
  readonly failures_in_a_row: number | null;
  /** Requests in flight, over all workers; null where nobody counts them. */
  readonly in_flight: number | null;
  /** The average time to an answer; null where nobody measures it, or before the first. */
  readonly answers_in_ms: number | null;
  /** Whether it may be asked. */
  readonly fit: boolean;
  /** Whether it is the one that would be asked first. */
  readonly chosen: boolean;
  readonly reason: string;
}

export interface BreakerFinding {
  readonly state: 'closed' | 'open' | 'half-open';
  readonly passes: boolean;
  readonly reason: string;
}

export interface RetryFinding {
  /** After the first attempt. */
  readonly attempts: number;
  /** Whether this request may be sent twice. */
  readonly applies: boolean;
  readonly reason: string;
}

export interface SentFinding {
  /** URL of the target that it is shown for; others get their own `Host`. */
  readonly target: string;
  /** The request line. */
  readonly line: string;
  /** Whole lines, in order. */
  readonly fields: readonly string[];
  /** Names of fields of the request that the target does not get, in lower case. */
  readonly removed: readonly string[];
  /** Names of fields that the target gets and the request has not, or has with another value, in lower case. */
  readonly added: readonly string[];
}

export interface AnswerFinding {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Its text, cut where it is long. */
  readonly body: string;
}

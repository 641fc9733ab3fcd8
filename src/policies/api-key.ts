import { definePolicy, type Policy, type PolicyExchange, type Verdict } from '../core/policy.ts';
import type { KeyLookup } from '../core/ports.ts';
import type { RequestHead } from '../core/request-head.ts';

const bearerPrefix = 'bearer ';
const challenge: readonly (readonly [string, string])[] = [['WWW-Authenticate', 'ApiKey realm="gateway"']];

/** Finds out who asks, by the API key in `X-API-Key` or, where that is absent, `Authorization: Bearer`. */
export const apiKey = definePolicy({
  name: 'api_key',
  summary: 'Identifies the consumer by an API key; a wrong key is refused before any target sees the request.',
  options: ({ z, section }) =>
    section({
      required: z.boolean().prefault(false),
      bearer: z.boolean().prefault(true),
      forward: z.boolean().prefault(false),
    }),
  provides: ['consumer'],
  create: (options, host) => new ApiKeyPolicy(options, host.keys),
});

class ApiKeyPolicy implements Policy {
  private readonly required: boolean;
  private readonly bearer: boolean;
  private readonly forward: boolean;
  private readonly keys: KeyLookup;

  constructor(options: { required: boolean; bearer: boolean; forward: boolean }, keys: KeyLookup) {
    this.required = options.required;
    this.bearer = options.bearer;
    this.forward = options.forward;
    this.keys = keys;
  }

  onRequest(exchange: PolicyExchange): Verdict {
    const { head } = exchange;
    let at = head.indexOf('x-api-key');
    let secret = at < 0 ? null : head.valueAt(at);
    // Of two keys, nobody can say which one is meant.
    if (at >= 0 && head.indexOf('x-api-key', at + 1) >= 0) return { code: 'invalid_api_key', fields: challenge };
    if (secret === null && this.bearer) {
      at = head.indexOf('authorization');
      secret = at < 0 ? null : bearerToken(head, at);
    }
    if (secret === null) return this.required ? { code: 'api_key_required', fields: challenge } : undefined;
    const consumer = this.keys.find(secret);
    if (consumer === null) return { code: 'invalid_api_key', fields: challenge };
    exchange.consumer = consumer;
    if (!this.forward) head.hide(at);
    return undefined;
  }
}

/** The token of an `Authorization` field, null where it has another scheme (RFC 6750, 2.1). */
function bearerToken(head: RequestHead, index: number): string | null {
  const value = head.valueAt(index);
  if (value.length <= bearerPrefix.length) return null;
  return value.slice(0, bearerPrefix.length).toLowerCase() === bearerPrefix
    ? value.slice(bearerPrefix.length).trim()
    : null;
}

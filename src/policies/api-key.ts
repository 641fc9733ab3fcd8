import {
  definePolicy,
  type Policy,
  type PolicyExchange,
  type PolicyExplanation,
  type Verdict,
} from '../core/policy.ts';
import type { Clock, Consumer, KeyLookup } from '../core/ports.ts';
import type { RequestHead } from '../core/request-head.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';

const bearerPrefix = 'bearer ';
const challenge: readonly (readonly [string, string])[] = [['WWW-Authenticate', 'ApiKey realm="gateway"']];
const retryAfter: readonly (readonly [string, string])[] = [['Retry-After', '1']];

/** Finds out who asks, by the API key in `X-API-Key` or, where that is absent, `Authorization: Bearer`. */
export const apiKey = definePolicy({
  name: 'api_key',
  summary: 'Identifies the consumer by an API key; a wrong key is refused before any target sees the request.',
  options: ({ section, flag }) =>
    section({
      required: flag().prefault(false).describe('Refuse requests without a key. Otherwise they have no consumer.'),
      bearer: flag().prefault(true).describe('Read `Authorization: Bearer` too, where there is no `X-API-Key`.'),
      forward: flag().prefault(false).describe('Pass the key on to the target.'),
    }),
  provides: ['consumer'],
  refusals: ['api_key_required', 'invalid_api_key', 'permission_denied', 'key_store_unavailable'],
  notes: [
    'Known are the `keys` of the configuration and those of its [store](../configuration.md#store), which are made while it runs. Whoever is found becomes the consumer of the request: `rate_limit` with `by: key` counts by it, templates have it as `{consumer.name}`, and the access log names it.',
    'A wrong key is refused whether or not one is `required`, and before any target sees the request. So is a request with two `X-API-Key`, since nobody can say which one is meant.',
    'A key with permissions may be used only where one of them is the name of the route, or a prefix of the path in whole segments.',
  ],
  create: (options, host) => new ApiKeyPolicy(options, host),
});

class ApiKeyPolicy implements Policy {
  private readonly required: boolean;
  private readonly bearer: boolean;
  private readonly forward: boolean;
  private readonly keys: KeyLookup;
  private readonly clock: Clock;

  constructor(
    options: { required: boolean; bearer: boolean; forward: boolean },
    { keys, clock }: { keys: KeyLookup; clock: Clock },
  ) {
    this.required = options.required;
    this.bearer = options.bearer;
    this.forward = options.forward;
    this.keys = keys;
    this.clock = clock;
  }

  onRequest(exchange: PolicyExchange): Verdict | Promise<Verdict> {
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
    const found = this.keys.find(secret, this.clock.wallTime());
    // A known key costs no await.
    if (found instanceof Promise) return this.awaitConsumer(found, exchange, { at, secret });
    return this.judge(found, exchange, at, secret);
  }

  /** Lets the request by as that of `consumer`; its `secret` stands in the field at `index`. */
  private judge(consumer: Consumer | null, exchange: PolicyExchange, index: number, secret: string): Verdict {
    if (consumer === null) return { code: 'invalid_api_key', fields: challenge };
    exchange.consumer = consumer;
    const { permissions } = consumer;
    if (permissions.length > 0 && !isPermitted(permissions, exchange)) return { code: 'permission_denied' };
    if (!this.forward) hideKey(exchange.head, index, secret);
    return undefined;
  }

  explain({ consumer, routeName }: PolicyExchange, verdict: Verdict): PolicyExplanation {
    const code = verdict !== undefined && 'code' in verdict ? verdict.code : undefined;
    if (code === 'api_key_required') return { skipped: false, reason: 'there is no key, and one is required' };
    if (code === 'key_store_unavailable') return { skipped: false, reason: 'nobody can say whose key it is' };
    if (code === 'invalid_api_key') {
      return { skipped: false, reason: 'nobody has this key, or it is revoked or expired, or there are two' };
    }
    if (consumer === null) return { skipped: true, reason: 'no key: anonymous' };
    const who = `key ${consumer.name} (id ${consumer.id})`;
    if (code === undefined) return { skipped: false, reason: who };
    const permissions = consumer.permissions.join(', ');
    return { skipped: false, reason: `${who} may be used for ${permissions}, and not for the route ${routeName}` };
  }

  private async awaitConsumer(
    asked: Promise<Consumer | null>,
    exchange: PolicyExchange,
    { at, secret }: { at: number; secret: string },
  ): Promise<Verdict> {
    try {
      return this.judge(await asked, exchange, at, secret);
    } catch (error) {
      if (error instanceof StoreUnavailableError) return { code: 'key_store_unavailable', fields: retryAfter };
      throw error;
    }
  }
}

/** Keeps the key from being passed on, in the other field too where a client sends it twice. */
function hideKey(head: RequestHead, index: number, secret: string): void {
  head.hide(index);
  const other = head.indexOf('authorization');
  if (other >= 0 && other !== index && bearerToken(head, other) === secret) head.hide(other);
}

/** The token of an `Authorization` field, null where it has another scheme (RFC 6750, 2.1). */
function bearerToken(head: RequestHead, index: number): string | null {
  const value = head.valueAt(index);
  if (value.length <= bearerPrefix.length) return null;
  return value.slice(0, bearerPrefix.length).toLowerCase() === bearerPrefix
    ? value.slice(bearerPrefix.length).trim()
    : null;
}

/** Whether one of these lets a key be used here: by the name of the route, or a prefix of the path in whole segments. */
function isPermitted(permissions: readonly string[], { routeName, path }: PolicyExchange): boolean {
  for (const permission of permissions) {
    if (permission === routeName) return true;
    if (!permission.startsWith('/')) continue;
    const prefix = permission.endsWith('/*') ? permission.slice(0, -2) : permission;
    if (path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)) return true;
  }
  return false;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnsettableReason } from './settable-field.ts';

test('a configuration may set fields that mean nothing to the gateway', () => {
  for (const name of ['X-Tenant', 'cache-control', 'Authorization', 'Server', 'Set-Cookie', 'Vary', 'X_Tenant']) {
    assert.equal(findUnsettableReason(name), undefined, name);
  }
});

test('a configuration may not set what frames a message, belongs to a connection, or is the word of the gateway', () => {
  const refused: readonly [names: readonly string[], reason: RegExp][] = [
    [['Content-Length', 'TRANSFER-ENCODING'], /where the body ends/],
    [['Connection', 'keep-alive', 'Upgrade', 'Expect', 'TE', 'Trailer', 'Proxy-Authorization'], /one connection/],
    [['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'x-forwarded-port'], /where a request came from/],
    [['Content_Length', 'X_Forwarded_For', 'x-request_id'], /could be read as such a field/],
    [['Host'], /rewrite/],
    [['X-Request-Id'], /request_id/],
    [['X-RateLimit-Limit', 'RateLimit'], /rate_limit/],
    [['Access-Control-Allow-Origin'], /cors/],
    [['traceparent', 'X-Backend', 'X-Retry-Count', 'Date'], /sets? it|is set by/],
  ];
  for (const [names, reason] of refused) {
    for (const name of names) assert.match(findUnsettableReason(name) ?? `${name} may be set`, reason);
  }
});

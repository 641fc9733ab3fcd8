import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCodes, type ErrorCode } from './error-codes.ts';
import { problemBody } from './problem.ts';
import { refusalDetails } from './refusal-details.ts';

test('a problem says what happened in the members of RFC 9457 and in those that older clients know', () => {
  const body: unknown = JSON.parse(
    problemBody({ code: 'route_not_found', detail: 'Look elsewhere.', requestId: 'abc' }),
  );
  assert.deepEqual(body, {
    type: 'urn:sluice:error:route_not_found',
    title: 'No route matches',
    status: 404,
    detail: 'Look elsewhere.',
    instance: 'urn:sluice:request:abc',
    error: 'No route matches',
    message: 'Look elsewhere.',
    code: 'route_not_found',
    request_id: 'abc',
  });
});

test('every code makes a problem with its own status, title and detail', () => {
  for (const [code, { status, title }] of Object.entries(errorCodes)) {
    const detail = refusalDetails[code as ErrorCode];
    assert.match(detail, /^[A-Z].*\.$/, code);
    const body: unknown = JSON.parse(problemBody({ code: code as ErrorCode, detail, requestId: '1' }));
    assert.partialDeepStrictEqual(body, { code, status, title, detail, error: title, message: detail });
  }
});

test('a request id cannot break out of its member', () => {
  const requestId = '"},{"code":"x\\';
  const body: unknown = JSON.parse(problemBody({ code: 'internal_error', detail: 'x', requestId }));
  assert.partialDeepStrictEqual(body, { code: 'internal_error', request_id: requestId });
});

import assert from 'node:assert/strict';
import { errorCodes, type ErrorCode } from '../../src/core/error-codes.ts';
import type { ReadResponse } from './http-message.ts';

/** Holds a response to what the contract says of every error that the gateway makes itself. */
export function assertProblem(response: ReadResponse, code: ErrorCode, about = ''): void {
  const { status, title } = errorCodes[code];
  assert.equal(response.status, status, `${about} ${response.text}`);
  assert.equal(response.field('content-type'), 'application/problem+json');
  assert.equal(response.field('cache-control'), 'no-store');
  assert.equal(response.field('x-content-type-options'), 'nosniff');
  const problem = JSON.parse(response.text) as Record<string, unknown>;
  const { detail, request_id: id } = problem;
  assert.equal(problem['code'], code, about);
  assert.ok(typeof detail === 'string' && detail.length > 10);
  assert.ok(typeof id === 'string' && id !== '');
  assert.equal(response.field('x-request-id'), id);
  assert.deepEqual(problem, {
    type: `urn:sluice:error:${code}`,
    title,
    status,
    detail,
    instance: `urn:sluice:request:${id}`,
    error: title,
    message: detail,
    code,
    request_id: id,
  });
  assert.equal(response.field('x-backend'), undefined);
}

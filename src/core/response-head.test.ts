import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BodyFraming } from './message-head.ts';
import { ResponseHead } from './response-head.ts';

interface Stated {
  readonly status?: number;
  readonly contentLength?: number;
  readonly chunked?: boolean;
}

describe('the framing of an answer', () => {
  const cases: readonly [framing: BodyFraming, method: string, stated: Stated][] = [
    ['length', 'GET', { contentLength: 5 }],
    ['none', 'GET', { contentLength: 0 }],
    ['chunked', 'GET', { chunked: true }],
    ['close', 'GET', {}],
    ['close', 'POST', { status: 500 }],
    ['length', 'GET', { status: 205, contentLength: 5 }],
    ['none', 'HEAD', { contentLength: 5 }],
    ['none', 'HEAD', { chunked: true }],
    ['none', 'HEAD', {}],
    ['close', 'head', {}],
    ['none', 'GET', { status: 204, contentLength: 5 }],
    ['none', 'GET', { status: 204, chunked: true }],
    ['none', 'GET', { status: 304 }],
    ['none', 'GET', { status: 304, contentLength: 5 }],
    ['none', 'GET', { status: 100, contentLength: 5 }],
    ['none', 'GET', { status: 199, chunked: true }],
  ];
  for (const [framing, method, stated] of cases) {
    test(`is ${framing} for ${method} with ${JSON.stringify(stated)}`, () => {
      const head = Object.assign(new ResponseHead(), { status: 200 }, stated);
      assert.equal(head.framingFor(method), framing);
    });
  }
});

test('a reset leaves nothing of the answer before', () => {
  const head = new ResponseHead();
  Object.assign(head, {
    status: 200,
    hasDate: true,
    keepAliveSeconds: 5,
    contentLength: 3,
    chunked: true,
  });
  head.reset();
  assert.deepEqual(head, new ResponseHead());
});

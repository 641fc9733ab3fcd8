import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fieldRole } from '../core/field-names.ts';
import { requestHeadOf } from './parsed-head.fixture.ts';
import { JudgedRequest } from './judged-request.ts';

function createRequest(...fields: string[]): JudgedRequest {
  const request = new JudgedRequest(requestHeadOf('GET / HTTP/1.1', 'Host: a', ...fields));
  request.resetJudgement('192.0.2.1', Infinity);
  return request;
}

function tell(request: JudgedRequest, name: string, remaining: number): void {
  const lines = `X-Remaining: ${remaining}\r\n`;
  request.tellLimit(remaining, `${lines}Limit: "${name}"\r\n`, lines.length);
}

describe('limits on an answer', () => {
  const listed = (...names: string[]) => names.map((name) => `Limit: "${name}"\r\n`).join('');

  test('are told of by the one that has the least left, and all are listed in their order', () => {
    for (const [first, second, third, least] of [
      [5, 3, 9, 3],
      [3, 5, 9, 3],
      [9, 5, 3, 3],
      [9, 3, 5, 3],
    ] as const) {
      const request = createRequest();
      tell(request, 'a', first);
      tell(request, 'b', second);
      tell(request, 'c', third);
      assert.equal(request.responseFields, `X-Remaining: ${least}\r\n${listed('a', 'b', 'c')}`);
    }
  });

  test('replace those of a target, and stand behind what other policies add', () => {
    const request = createRequest();
    tell(request, 'a', 1);
    request.addToAnswer('X-A: b\r\n');
    assert.equal(request.responseFields, `X-A: b\r\nX-Remaining: 1\r\n${listed('a')}`);
    assert.equal(request.replacedRoles, 1 << fieldRole.rateLimit);
    request.resetJudgement('192.0.2.1', Infinity);
    assert.equal(request.responseFields, '');
    tell(request, 'b', 7);
    assert.equal(request.responseFields, `X-Remaining: 7\r\n${listed('b')}`);
  });

  test('that are alike are told of by the later one, which may have refused', () => {
    const request = createRequest();
    request.tellLimit(0, 'X-First: 0\r\n', 12);
    request.tellLimit(0, 'X-Second: 0\r\n', 13);
    assert.equal(request.responseFields, 'X-Second: 0\r\n');
  });
});

describe('fields that policies change', () => {
  test('leave a request in all spellings, and what policies have added too', () => {
    const request = createRequest('X-Ab: 1', 'x_AB: 2', 'X-Abc: 3', 'X-AB: 4', 'xxab: 5');
    request.addToRequest('X-aB: 6\r\nX-Other: x-ab: 7\r\n');
    request.removeFromRequest('x-ab');
    assert.equal(request.requestFields, 'X-Other: x-ab: 7\r\n');
    const passed = request.head.roles.slice(0, request.head.fieldCount).flatMap((role, at) => {
      return role === fieldRole.plain ? [request.head.valueAt(at)] : [];
    });
    assert.deepEqual(passed, ['3', '5']);
  });

  test('are taken back from an answer by name', () => {
    const request = createRequest();
    request.addToAnswer('X-A: 1\r\nX-B: 2\r\n');
    request.addToAnswer('x-a: 3\r\n');
    request.removeFromAnswer('x-a');
    assert.equal(request.responseFields, 'X-B: 2\r\n');
    request.removeFromAnswer('x-b');
    assert.equal(request.responseFields, '');
  });

  test('of an answer that nobody saw are forgotten with it', () => {
    const request = createRequest();
    request.addToAnswer('X-A: 1\r\n');
    assert.equal(request.beginAnswer(), true);
    request.addToAnswer('X-B: first\r\n');
    assert.equal(request.beginAnswer(), true);
    request.addToAnswer('X-B: second\r\n');
    assert.equal(request.responseFields, 'X-A: 1\r\nX-B: second\r\n');
    request.failAnswer();
    assert.deepEqual([request.responseFields, request.beginAnswer()], ['X-A: 1\r\n', false]);
  });
});

test('of several refusals that are only tried out the first one counts', () => {
  const request = createRequest();
  request.noteShadowRefusal('rate_limited');
  request.noteShadowRefusal('ip_not_allowed');
  assert.equal(request.shadowRefusal, 'rate_limited');
});

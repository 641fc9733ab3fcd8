import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findQuestionProblem, splitUrl, type RequestInQuestion } from './request-in-question.ts';

const get: RequestInQuestion = { method: 'GET', url: '/', headers: [], clientIp: '127.0.0.1', bodyBytes: null };

test('questions that can be answered have no problem, even where the request would be refused', () => {
  const fine: readonly Partial<RequestInQuestion>[] = [
    {},
    { url: 'http://a.example' },
    { url: 'https://a.example:8443/x?y#z' },
    { url: '*', method: 'OPTIONS' },
    { url: '/a b/%zz', headers: [['Bad name', 'x']] },
    { clientIp: '::1', bodyBytes: 0 },
  ];
  for (const question of fine) assert.equal(findQuestionProblem({ ...get, ...question }), null);
});

test('questions that cannot be answered are told what is wrong', () => {
  const wrong: readonly [Partial<RequestInQuestion>, RegExp][] = [
    [{ method: '' }, /method/],
    [{ method: 'GET /x' }, /method/],
    [{ url: 'example.com' }, /begin with/],
    [{ url: 'ftp://example.com/' }, /begin with/],
    [{ url: '/a\r\nHost: b' }, /line end/],
    [{ url: 'http://user:secret@a/' }, /user name or password/],
    [{ headers: [['A\n', 'b']] }, /line end/],
    [{ headers: [['A', 'b\0']] }, /line end/],
    [{ clientIp: 'localhost' }, /IP address/],
    [{ bodyBytes: -1 }, /size of the body/],
    [{ bodyBytes: 1.5 }, /size of the body/],
  ];
  for (const [question, expected] of wrong) assert.match(findQuestionProblem({ ...get, ...question }) ?? '', expected);
});

test('a URL is taken apart as a client does it', () => {
  assert.deepEqual(splitUrl('/a?b#c'), { host: null, path: '/a?b#c' });
  assert.deepEqual(splitUrl('http://a:1?b#c'), { host: 'a:1', path: '/?b' });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestIdentity } from './request-identity.ts';
import { RequestIds } from './request-ids.ts';

const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** What is said to client and target of a request that brought these, after `change`. */
function told(id: string, traceparent: string, change: (identity: RequestIdentity) => void = () => undefined) {
  const identity = new RequestIdentity();
  // Of another request before it.
  identity.begin('', '', new RequestIds());
  identity.begin(id, traceparent, new RequestIds());
  change(identity);
  const [idLine = '', traceLine = '', ...rest] = identity.targetLines.split('\r\n');
  assert.deepEqual(rest, ['', '']);
  assert.equal(identity.answerLine, `${idLine}\r\n`);
  assert.equal(idLine, `X-Request-Id: ${identity.id}`);
  return { id: identity.id, traceLine };
}

describe('what a request is known by', () => {
  test('is made where it brought nothing: one id for both', () => {
    const { id, traceLine } = told('', '');
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.match(traceLine, new RegExp(`^traceparent: 00-${id}-[0-9a-f]{16}-01$`));
  });

  test('is what it brought', () => {
    assert.deepEqual(told('theirs', trace), { id: 'theirs', traceLine: `traceparent: ${trace}` });
  });

  test('is half of each where it brought one of the two', () => {
    const withId = told('theirs', '');
    assert.equal(withId.id, 'theirs');
    assert.match(withId.traceLine, /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    const withTrace = told('', trace);
    assert.match(withTrace.id, /^[0-9a-f]{32}$/);
    assert.equal(withTrace.traceLine, `traceparent: ${trace}`);
  });

  test('is what a policy makes of it, and the trace stays', () => {
    const { id, traceLine } = told('', '', (identity) => (identity.id = 'of the policy'));
    assert.equal(id, 'of the policy');
    assert.match(traceLine, /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.deepEqual(
      told('', trace, (identity) => (identity.id = 'p')),
      { id: 'p', traceLine: `traceparent: ${trace}` },
    );
  });

  test('is nothing once it is forgotten', () => {
    const identity = new RequestIdentity();
    identity.begin('', '', new RequestIds());
    identity.forget();
    assert.equal(identity.id, '');
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { documentFor } from '../support/gateway.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { assertProblem } from '../support/problems.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

/** What a policy does wrong, by the name that a request asks for it with; and what the log says of it. */
const faults: readonly [name: string, act: string, told: RegExp][] = [
  ['throws', "throw new Error('boom')", /boom/],
  ['throws-nothing', 'throw undefined', /undefined/],
  ['code', "return { code: 'nope' }", /'nope' is no code of a refusal/],
  ['inherited-code', "return { code: 'toString' }", /'toString' is no code of a refusal/],
  ['code-fields', "return { code: 'permission_denied', fields: 'x' }", /its fields are no list/],
  ['text', "return 'abc'", /onRequest returned 'abc' where nothing, a refusal/],
  ['number', 'return 5', /onRequest returned 5 where/],
  ['null', 'return null', /onRequest returned null where/],
  ['list', 'return []', /onRequest returned \[\] where/],
  ['status', "return { status: 99999, fields: [], body: 'x' }", /its status is no whole number from 200 to 599/],
  ['interim', "return { status: 101, fields: [], body: 'x' }", /its status is no whole number from 200 to 599/],
  ['no-body', 'return { status: 200, fields: [] }', /its body is no text/],
  ['no-fields', "return { status: 200, body: 'x' }", /its fields are no list/],
  ['pair', "return { status: 200, fields: [['X-A']], body: 'x' }", /not a pair of texts/],
  ['value', "return { status: 200, fields: [['X-A', 'b\\r\\nX-Evil: 1']], body: '' }", /X-A has the character U\+000D/],
  ['name', "return { status: 200, fields: [['X-Evil: 1\\r\\nX-A', 'b']], body: '' }", /is no name of a field/],
  ['wide', "return { status: 200, fields: [['X-A', '\\u010dX-Evil: 1']], body: '' }", /X-A has the character U\+010D/],
  ['framing', "return { status: 200, fields: [['Content-Length', '100']], body: 'x' }", /Content-Length cannot be/],
  ['refusal', "return { code: 'permission_denied', fields: [['Connection', 'x']] }", /Connection cannot be/],
  ['answer', "exchange.addToAnswer('X-A: 1\\r\\n\\r\\nX-Evil: 1\\r\\n')", /addToAnswer: the line "" is no field/],
  ['request', "exchange.addToRequest('X-A: 1')", /addToRequest: the line "X-A: 1" does not end with/],
  ['no-lines', 'exchange.addToRequest()', /lines of fields are a text, not undefined/],
  ['role', "exchange.replaceOnAnswer(2, 'X-A: 1\\r\\n')", /replaceOnAnswer takes/],
  ['limit', "exchange.tellLimit(1, 'X-Evil', 0)", /tellLimit: the line "X-Evil" does not end with/],
  ['id', "exchange.requestId = 'a\\r\\nX-Evil: 1'", /requestId has to be/],
  ['consumer', 'exchange.consumer = {}', /consumer has to be/],
  ['body-limit', 'exchange.maximumBody = NaN', /maximumBody has to be/],
];

/** What a policy leaves to nobody, and the end of the log's line about it. */
const strays: readonly [name: string, act: string, told: RegExp][] = [
  ['rejects', "void Promise.reject(new Error('left alone'))", /"Error: left alone.*"message":"a promise was rejected/],
  ['rejects-text', "void Promise.reject('only a text')", /"reason":"only a text","message":"a promise was rejected/],
  ['timer', "setTimeout(() => { throw new Error('late'); }, 0)", /"Error: late.*"message":"a module of your own threw/],
  ['timer-text', "setTimeout(() => { throw 'no error'; }, 0)", /"no error","message":"a module of your own threw/],
  [
    'timer-call',
    "setTimeout(() => exchange.addToAnswer('x'), 0)",
    /addToAnswer: .*"message":"a module of your own threw/,
  ],
];

/** The policy does each of them at once, or behind an `await`; then it lets the request by. */
const policyModule = `import { definePolicy } from 'sluice';
const acts = {
${[...faults, ...strays].map(([name, act]) => `  '${name}'(exchange) { ${act}; },`).join('\n')}
};
const none = () => undefined;
const act = (exchange, field) => (acts[exchange.head.get(field)] ?? none)(exchange);
export const hostile = definePolicy({
  name: 'hostile', summary: 'Does what no policy should.',
  options: ({ section }) => section({}),
  create: () => ({
    onRequest(exchange) {
      if (exchange.head.get('x-later') === undefined) return act(exchange, 'x-now');
      return Promise.resolve().then(() => act(exchange, 'x-later'));
    },
    onResponse: (exchange) => void act(exchange, 'x-answer'),
    onFinish: (exchange) => void act(exchange, 'x-end'),
  }),
});
`;

async function startHostile(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'hostile.js');
  writeFileSync(file, policyModule);
  const target = await startRecordingTarget(t);
  const gateway = await startGatewayProcess(t, {
    ...documentFor([target.url]),
    custom_policies: [file],
    policies: [{ hostile: {} }],
  });
  const ask = async (fields: Record<string, string>) =>
    await rawRequest(t, gateway.port, requestText('GET', '/', fields));
  const explain = async (...headers: readonly (readonly [string, string])[]) => {
    const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/admin/explain`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ method: 'GET', url: '/', headers }),
    });
    return { status: response.status, text: await response.text() };
  };
  /** What the gateway's own log says of a request. */
  const logged = async (requestId: string) => {
    const [line] = await gateway.shows(new RegExp(`^.*"request_id":"${requestId}".*\n`, 'm'));
    return JSON.parse(line) as { readonly policy: string; readonly reason: string };
  };
  return { gateway, target, ask, explain, logged };
}

function assertNoneDied(text: string): void {
  assert.ok(!text.includes('a worker died'), text);
}

describe('a policy of one’s own that does what it must not', () => {
  test('gets its request a 500 and a line in the log, and nothing else', async (t) => {
    const { gateway, target, ask, logged } = await startHostile(t);
    for (const [name, , told] of faults) {
      for (const field of ['X-Now', 'X-Later']) {
        const requestId = `${field}.${name}`;
        const answer = await ask({ [field]: name, 'X-Request-Id': requestId });
        assertProblem(answer, 'internal_error');
        assert.equal(answer.field('x-evil'), undefined, requestId);
        const { policy, reason } = await logged(requestId);
        assert.equal(policy, 'hostile');
        assert.match(reason, told);
      }
    }
    assert.equal(target.requests.length, 0);
    assert.equal((await ask({})).status, 200);
    assertNoneDied(gateway.text());
  });

  test('cannot break an answer when it sees it, nor what comes after its end', async (t) => {
    const { gateway, ask } = await startHostile(t);
    const answer = await ask({ 'X-Answer': 'answer' });
    assert.equal(answer.field('x-evil'), undefined);
    assertProblem(answer, 'internal_error');
    assert.equal((await ask({ 'X-End': 'throws', 'X-Request-Id': 'end' })).status, 200);
    await gateway.shows(/"request_id":"end"/);
    assertNoneDied(gateway.text());
  });

  test('is told of in an explanation, which goes on', async (t) => {
    const { gateway, explain } = await startHostile(t);
    for (const [name, , told] of faults) {
      const { status, text } = await explain(['X-Later', name]);
      assert.equal(status, 200, text);
      const { policies } = JSON.parse(text) as { policies: { policy: string; reason: string }[] };
      assert.match(policies.find(({ policy }) => policy === 'hostile')?.reason ?? '', told);
    }
    assert.equal(gateway.child.exitCode, null);
  });
});

describe('a failure that a policy of one’s own leaves to nobody', () => {
  test('is told to the log, and neither its request nor its worker ends by it', async (t) => {
    const { gateway, ask } = await startHostile(t);
    for (const [name, , told] of strays) {
      assert.equal((await ask({ 'X-Now': name })).status, 200);
      await gateway.shows(told);
    }
    assert.equal((await ask({})).status, 200);
    assertNoneDied(gateway.text());
  });

  test('does not end the gateway when somebody asks what would become of a request', async (t) => {
    const { gateway, ask, explain } = await startHostile(t);
    for (const [name, , told] of strays) {
      assert.equal((await explain(['X-Now', name])).status, 200);
      await gateway.shows(told);
    }
    assert.equal((await ask({})).status, 200);
    assert.equal(gateway.child.exitCode, null);
  });
});

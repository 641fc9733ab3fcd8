/** Paths that mean one thing to a rule and another to a target, held against a prefix that only a key opens. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { array, assert as assertProperty, asyncProperty, constantFrom } from 'fast-check';
import type { ErrorCode } from '../../src/core/error-codes.ts';
import { documentFor, startGateway } from '../support/gateway.ts';
import type { ReadResponse } from '../support/http-message.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient } from '../support/raw-client.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { openForms, pathPieces, protectedForms, refusedForms } from './path-forms.ts';
import { pathReadings } from './target-reading.ts';

interface Stage {
  readonly target: RecordingTarget;
  readonly ask: (path: string, key?: string) => Promise<ReadResponse>;
}

/** A gateway where everything is open but what is below `/admin`. */
async function setUp(t: TestContext): Promise<Stage> {
  const target = await startRecordingTarget(t);
  const { port } = await startGateway(t, {
    ...documentFor([target.url]),
    keys: [{ name: 'admin', secret: 'the-key' }],
    routes: [
      { name: 'admin', match: { path: '/admin/*' }, upstream: 'backends', policies: [{ api_key: { required: true } }] },
      { name: 'open', upstream: 'backends' },
    ],
  });
  let client = await RawClient.connect(t, port);
  const ask = async (path: string, key = '') => {
    const keyLine = key === '' ? '' : `X-API-Key: ${key}\r\n`;
    const response = await client.ask(`GET ${path} HTTP/1.1\r\nHost: a\r\n${keyLine}\r\n`);
    if (response.field('connection') === 'close') {
      client.socket.destroy();
      client = await RawClient.connect(t, port);
    }
    return response;
  };
  return { target, ask };
}

/** Where some target would go with this path, if that is where the key is needed. */
function findWayIn(path: string): string | undefined {
  return Object.entries(pathReadings).find(([, read]) => /^\/admin(\/|$)/.test(read(path)))?.[0];
}

test('a path that leads below a protected prefix needs its key, however it is written', async (t) => {
  const { ask, target } = await setUp(t);
  for (const [sent, form] of Object.entries(protectedForms)) {
    const before = target.requests.length;
    assert.equal((await ask(sent)).status, 401, sent);
    assert.equal((await ask(sent, 'wrong')).status, 401, sent);
    assert.equal(target.requests.length, before, sent);
    assert.equal((await ask(sent, 'the-key')).status, 200, sent);
    assert.equal(target.requests.at(-1)?.url, form);
  }
});

test('a path that needs no key leads below the prefix at no target that decodes once', async (t) => {
  const { ask, target } = await setUp(t);
  for (const [sent, form] of Object.entries(openForms)) {
    assert.equal((await ask(sent)).status, 200, sent);
    assert.equal(target.requests.at(-1)?.url, form);
    assert.equal(findWayIn(form.split('?')[0] ?? ''), undefined, form);
  }
});

test('a path without a safe form is refused, and no target hears of it', async (t) => {
  const { ask, target } = await setUp(t);
  for (const [code, paths] of Object.entries(refusedForms)) {
    for (const path of paths) {
      assertProblem(await ask(path, 'the-key'), code as ErrorCode, path);
    }
  }
  assert.equal(target.requests.length, 0);
});

describe('the limits of what a gateway can know', () => {
  test('a target that decodes twice, or drops parameters of any segment, is not protected by a prefix', async (t) => {
    const { ask, target } = await setUp(t);
    for (const path of ['/open/%252e%252e/admin/x', '/%2561dmin/x', '/admin;x/y', '/admin%3Bx/y']) {
      assert.equal((await ask(path)).status, 200, path);
      assert.equal(target.requests.at(-1)?.url, path, 'what was judged is what the target gets');
    }
  });
});

test('no random path leads below a protected prefix without its key', async (t) => {
  const { ask, target } = await setUp(t);
  const outcomes = { passed: 0, protected: 0, refused: 0 };
  const paths = array(constantFrom(...pathPieces), { minLength: 1, maxLength: 10 }).map((list) => `/${list.join('')}`);
  await assertProperty(
    asyncProperty(paths, async (path) => {
      const before = target.requests.length;
      const { status } = await ask(path);
      if (status === 200) {
        const form = target.requests.at(-1)?.url ?? '';
        assert.equal(findWayIn(form), undefined, form);
        outcomes.passed++;
        return;
      }
      assert.equal(target.requests.length, before);
      assert.ok(status === 401 || status === 400, String(status));
      outcomes[status === 401 ? 'protected' : 'refused']++;
    }),
    { numRuns: 1_500 },
  );
  for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > 10, `${outcome}: ${count}`);
});

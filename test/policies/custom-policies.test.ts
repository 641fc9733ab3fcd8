import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createGateway } from '../../src/app.ts';
import { loadConfigurationFile } from '../../src/cli/load-configuration.ts';
import { formatIssues } from '../../src/config/issues.ts';
import { documentFor } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

type Files = Readonly<Record<string, string>>;

/** A folder with a configuration and modules. */
function createFolder(t: TestContext, document: object, files: Files) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const value = { listeners: [{ address: '127.0.0.1:0' }], workers: 1, access_log: false, ...document };
  write('sluice.json', JSON.stringify(value, null, 1));
  return { write, load: async () => await loadConfigurationFile(path.join(folder, 'sluice.json'), {}) };
}

async function issuesOf(t: TestContext, files: Files, policies: readonly object[] = []): Promise<string> {
  const document = { custom_policies: Object.keys(files).map((name) => `./${name}`), policies };
  const loaded = await createFolder(t, document, files).load();
  assert.ok('issues' in loaded, 'the configuration was taken');
  return formatIssues(loaded.issues).replaceAll(/\/\S*\/sluice-test-\w+\//g, '/');
}

async function start(t: TestContext, document: object, files: Files) {
  const folder = createFolder(t, document, files);
  const load = async () => {
    const loaded = await folder.load();
    assert.ok('config' in loaded, 'issues' in loaded ? formatIssues(loaded.issues) : '');
    return loaded;
  };
  const { config, policyModules } = await load();
  const log: string[] = [];
  const logger = {
    log: (_level: string, message: string, fields = {}) => void log.push(`${message} ${JSON.stringify(fields)}`),
  };
  const source = { description: 'test', watched: [], load: folder.load };
  const gateway = await createGateway({ config, policyModules, logger, source });
  await gateway.start();
  t.after(() => gateway.stop({ timeoutMs: 0 }));
  return { ...folder, gateway, log, port: gateway.addresses[0]?.port ?? 0 };
}

function policyModule(body: string, more = ''): string {
  return `import { definePolicy } from 'sluice';
export const mine = definePolicy({
  name: 'mine', summary: 'Of a test.', ${more}
  options: ({ section, z }) => section({ word: z.string().prefault('hello') }),
  create: ({ word }: { word: string }, host) => { ${body} },
});
`;
}

const answer = 'return { onRequest: () => ({ status: 200, fields: [], body: word }) };';

describe('a policy of one’s own', () => {
  test('has its options checked like any other, at their line', async (t) => {
    const text = await issuesOf(t, { 'mine.ts': policyModule(answer) }, [
      { mine: { wrod: 'x' } },
      { mine: { word: 5 } },
    ]);
    assert.match(text, /sluice\.json:\d+:\d+: policies\[0\]\.mine\.wrod: unknown key/);
    assert.match(text, /did you mean "word"\?/);
    assert.match(text, /policies\[1\]\.mine\.word: /);
  });

  test('that cannot be loaded is an issue at its line, without a stack', async (t) => {
    const text = await issuesOf(t, {
      'syntax.ts': 'export const a = ;\n',
      'enum.ts': 'export enum A { b }\n',
      'throws.js': 'const a = null;\nexport const b =\n  a.c;\n',
      'empty.ts': 'export const limit = 5;\nexport function parse() {}\n',
      'plain.ts': "export const plain = { name: 'plain', create: () => ({}) };\n",
      'imports.ts': "import { x } from './nowhere.ts';\nexport const y = x;\n",
      'taken.ts': policyModule(answer).replace("'mine'", "'rate_limit'"),
      'name.ts': policyModule(answer).replace("'mine'", "'My Policy'"),
      'schema.ts': policyModule(answer).replace(/options: .*/, 'options: () => ({}),'),
      'options.ts': policyModule(answer).replace(
        /options: .*/,
        "options: () => { throw new Error('no options today'); },",
      ),
      'body.ts': policyModule(answer, "body: 'large',"),
      'second.ts': policyModule(answer),
      'third.ts': policyModule(answer),
    });
    const [, ...blocks] = text.split('sluice.json:');
    const expected = [
      /^\d+:\d+: custom_policies\[0\]: \/syntax\.ts:1:18 cannot be understood: Expression expected$/m,
      /custom_policies\[1\]: \/enum\.ts:1:8 cannot be understood: TypeScript enum is not supported in strip-only mode$/m,
      /custom_policies\[2\]: \/throws\.js:3:5 throws when it is loaded: Cannot read properties of null/m,
      /custom_policies\[3\]: \.\/empty\.ts exports no policy: export what definePolicy from "sluice" returns$/m,
      /custom_policies\[4\]: its export "plain" looks like a policy, but is none: make it with definePolicy/m,
      /custom_policies\[5\]: Cannot find module '\/nowhere\.ts' imported from \/imports\.ts$/m,
      /custom_policies\[6\]: the policy "rate_limit" cannot be used: the gateway has a policy of this name already/m,
      /custom_policies\[7\]: its export "mine" has no usable name/m,
      /custom_policies\[8\]: the policy "mine" cannot be used: its options return no schema/m,
      /custom_policies\[9\]: the policy "mine" cannot be used: its options throw: no options today$/m,
      /custom_policies\[10\]: the policy "mine" cannot be used: its body says "large"/m,
      /custom_policies\[12\]: the policy "mine" cannot be used: \.\/second\.ts has a policy of this name already/m,
    ];
    assert.equal(blocks.length, expected.length, text);
    for (const [index, pattern] of expected.entries()) assert.match(blocks[index] ?? '', pattern);
    assert.ok(!/^\s+at /m.test(text), text);
  });

  test('that is not there is an issue at its line', async (t) => {
    const loaded = await createFolder(t, { custom_policies: ['./gone.ts'] }, {}).load();
    assert.ok('issues' in loaded);
    assert.match(formatIssues(loaded.issues), /custom_policies\[0\]: \S+gone\.ts is not there\n.*gone\.ts.*\n +\^/);
  });

  test('that could not be loaded is not told again where it is used, but what is misspelled is', async (t) => {
    const policies = [{ gone: {} }, { rate_limt: { limit: '5/s' } }];
    const routes = [{ name: 'a', policies: [{ 'one-more': {} }], respond: {} }];
    const loaded = await createFolder(t, { custom_policies: ['./gone.ts'], policies, routes }, {}).load();
    assert.ok('issues' in loaded);
    assert.deepEqual(
      loaded.issues.map((issue) => issue.path),
      ['custom_policies[0]', 'policies[1].rate_limt'],
    );
  });

  test('refuses, answers and changes requests and answers of a running gateway', async (t) => {
    const target = await startRecordingTarget(t);
    const body = `return {
      onRequest(exchange) {
        if (exchange.head.get('x-mode') === 'refuse') return { code: 'permission_denied' };
        if (exchange.head.get('x-mode') === 'throw') throw new Error('a defect of the policy');
        if (exchange.head.get('x-mode') === 'later') return Promise.resolve({ status: 418, fields: [['X-A', 'b']], body: word });
        exchange.addToRequest('X-Word: ' + word + '\\r\\n');
      },
      onResponse(exchange, answer) {
        exchange.addToAnswer('X-Status: ' + answer.status + '\\r\\n');
      },
    };`;
    const document = {
      ...documentFor([target.url]),
      custom_policies: ['./mine.ts'],
      policies: [{ mine: { word: 'short and stout' } }],
    };
    const { port, log } = await start(t, document, { 'mine.ts': policyModule(body) });
    const ask = (mode: string) => rawRequest(t, port, requestText('GET', '/', { 'X-Mode': mode }));
    const passed = await ask('pass');
    assert.equal(passed.field('x-status'), '200');
    assert.equal(target.requests[0]?.headers['x-word'], 'short and stout');
    assertProblem(await ask('refuse'), 'permission_denied');
    const later = await ask('later');
    assert.deepEqual([later.status, later.text, later.field('x-a')], [418, 'short and stout', 'b']);
    assertProblem(await ask('throw'), 'internal_error');
    assert.equal(target.requests.length, 1);
    assert.ok(log.some((line) => line.startsWith('a policy failed') && line.includes('a defect of the policy')));
  });
});

describe('a policy that is changed while the gateway runs', () => {
  test('is the new one after a reload, and begins with a new state', async (t) => {
    const count = (word: string) =>
      policyModule(`const seen = host.state(() => ({ count: 0 }));
        return { onRequest: () => ({ status: 200, fields: [], body: '${word} ' + ++seen.count }) };`);
    const document = {
      ...documentFor(['http://127.0.0.1:9']),
      custom_policies: ['./mine.ts'],
      policies: [{ mine: {} }],
    };
    const { port, gateway, write } = await start(t, document, { 'mine.ts': count('old') });
    const ask = async () => (await rawRequest(t, port, requestText('GET', '/'))).text;
    assert.equal(await ask(), 'old 1');
    write('mine.ts', count('new'));
    await gateway.reload();
    assert.equal(await ask(), 'new 1');
    assert.equal(await ask(), 'new 2');
    // Something else changes: the policy has its state still.
    const more = {
      ...document,
      listeners: [{ address: '127.0.0.1:0' }],
      workers: 1,
      access_log: false,
      shutdown_timeout: '1s',
    };
    write('sluice.json', JSON.stringify(more));
    await gateway.reload();
    assert.equal(await ask(), 'new 3');
    write('sluice.json', JSON.stringify({ ...more, policies: [{ mine: { word: 'other' } }] }));
    await gateway.reload();
    assert.equal(await ask(), 'new 1');
  });

  test('stays as it was where the change cannot be loaded', async (t) => {
    const document = {
      ...documentFor(['http://127.0.0.1:9']),
      custom_policies: ['./mine.ts'],
      policies: [{ mine: {} }],
    };
    const { port, gateway, write } = await start(t, document, { 'mine.ts': policyModule(answer) });
    write('mine.ts', 'export const mine = ;');
    await gateway.reload();
    assert.equal((await rawRequest(t, port, requestText('GET', '/'))).text, 'hello');
  });
});

describe('a policy that needs the whole body', () => {
  const module = policyModule(
    `return {
      onRequest: ({ body, head }) => head.get('x-skip') === undefined && body.toString('latin1').includes('bad')
        ? { status: 422, fields: [], body: String(body.length) } : undefined,
    };`,
    "body: '1KiB',",
  );
  const document = (targets: readonly string[]) => ({
    ...documentFor(targets),
    custom_policies: ['./mine.ts'],
    policies: [{ mine: {} }],
  });
  const post = (body: string, fields: Record<string, string> = {}) =>
    requestText('POST', '/', { 'Content-Length': String(body.length), ...fields }) + body;
  const chunkedHead = requestText('POST', '/', { 'Transfer-Encoding': 'chunked' });

  test('gets it in one piece, however it comes, before the target gets anything', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await start(t, document([target.url]), { 'mine.ts': module });
    const client = await RawClient.connect(t, port);
    const refused = await client.ask(post('a bad body'), 'POST');
    assert.deepEqual([refused.status, refused.text], [422, '10']);
    const text = `${chunkedHead}3\r\na b\r\n4\r\nad b\r\n0\r\n\r\n`;
    for (const character of text) await client.write(character);
    assert.deepEqual((await client.response('POST')).text, '7');
    assert.equal(target.requests.length, 0);
    const passing = [
      [post('good'), 'good'],
      [`${chunkedHead}2\r\ngo\r\n2\r\nod\r\n0\r\n\r\n`, 'good'],
      [requestText('POST', '/', { 'Content-Length': '0' }), ''],
      [requestText('GET', '/'), ''],
      [post('x'.repeat(1_024)), 'x'.repeat(1_024)],
    ] as const;
    for (const [bytes, body] of passing) {
      const response = await client.ask(bytes, 'POST');
      assert.equal(response.status, 200, response.text);
      assert.equal(target.requests.at(-1)?.body.toString(), body);
    }
    // Pipelined: the body of one request ends where the next begins.
    await client.write(post('first') + post('second bad') + post('third'));
    const statuses = [await client.response('POST'), await client.response('POST'), await client.response('POST')];
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [200, 422, 200],
    );
    assert.deepEqual(
      target.requests.slice(-2).map(({ body }) => body.toString()),
      ['first', 'third'],
    );
  });

  test('refuses one that is too long: by its stated length at once, otherwise as it comes', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await start(t, document([target.url]), { 'mine.ts': module });
    assertProblem(await rawRequest(t, port, requestText('POST', '/', { 'Content-Length': '1025' })), 'body_too_large');
    const client = await RawClient.connect(t, port);
    await client.write(`${chunkedHead}400\r\n${'y'.repeat(1_024)}\r\n`);
    await client.write('1\r\ny\r\n');
    assertProblem(await client.response('POST'), 'body_too_large');
    assert.equal(await client.ended(), 'closed');
    assert.equal(target.connections.length, 0);
  });

  test('lets a client go on that waits to be told, once', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await start(t, document([target.url]), { 'mine.ts': module });
    const client = await RawClient.connect(t, port);
    await client.write(requestText('POST', '/', { 'Content-Length': '4', Expect: '100-continue' }));
    assert.equal((await client.response('POST')).status, 100);
    await client.write('good');
    assert.equal((await client.response('POST')).status, 200);
    assert.equal(target.requests[0]?.body.toString(), 'good');
    assert.equal((await client.ask(post('good'), 'POST')).status, 200);
  });

  test('waits for no client longer than any other part of the gateway does', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await start(
      t,
      { ...document([target.url]), limits: { body_idle_timeout: '100ms' } },
      { 'mine.ts': module },
    );
    const client = await RawClient.connect(t, port);
    await client.write(requestText('POST', '/', { 'Content-Length': '4' }));
    assertProblem(await client.response('POST'), 'request_timeout');
    assert.equal(target.connections.length, 0);
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createGateway } from '../../src/app.ts';
import { readDocument, loadConfigurationFile } from '../../src/cli/load-configuration.ts';
import { probePolicies } from '../../src/cli/policy-probe.ts';
import { formatIssues } from '../../src/config/issues.ts';
import { importUserModule, userModuleUrl } from '../../src/lib/user-module.ts';
import { loadPolicies } from '../../src/policies/custom-policies.ts';
import { launcher, startProcess } from '../support/gateway-process.ts';
import { waitUntil } from '../support/wait.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';

type Files = Readonly<Record<string, string>>;

const route = { name: 'only', respond: { body: 'the route' }, policies: [{ mine: {} }] };

/** A folder with modules and a configuration that names them all, one to a line of the list. */
function createFolder(t: TestContext, files: Files, document: object = { routes: [route] }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const value = {
    listeners: [{ address: '127.0.0.1:0' }],
    workers: 1,
    access_log: false,
    custom_policies: Object.keys(files).map((name) => `./${name}`),
    ...document,
  };
  write('sluice.json', JSON.stringify(value, null, 1));
  const file = path.join(folder, 'sluice.json');
  return { folder, file, write, load: async () => await loadConfigurationFile(file, {}) };
}

/** The first lines of the issues, with the folder and their columns taken out. */
async function issuesOf(t: TestContext, files: Files, document?: object): Promise<string[]> {
  const loaded = await createFolder(t, files, document).load();
  assert.ok('issues' in loaded, 'the configuration was taken');
  const text = formatIssues(loaded.issues).replaceAll(/\/\S*\/sluice-test-\w+\//g, '');
  return text.split('\n').filter((line) => line.startsWith('sluice.json:'));
}

async function isGone(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    () => false,
    () => true,
  );
}

function policyModule(create: string, options = 'section({ word: z.string().prefault("hello") })'): string {
  return `import { definePolicy } from 'sluice';
export const mine = definePolicy({
  name: 'mine', summary: 'Of a test.',
  options: ({ section, z }) => ${options},
  ${create},
});
`;
}

const good = policyModule('create: ({ word }) => ({ onRequest: () => ({ status: 200, fields: [], body: word }) })');
const endless = 'for (;;) {}\n';
const unsettled = 'await new Promise(() => {});\n';

describe('a module of policies that cannot be loaded', () => {
  test('is told at its line, where it ends the program, waits for good or throws where nobody catches it', async (t) => {
    const issues = await issuesOf(t, {
      'exits.js': 'process.exit(7);\n',
      'exits-well.js': 'process.exit(0);\n',
      'unsettled.mjs': unsettled,
      'rejected.js':
        "void Promise.reject(new Error('nobody hears this'));\nawait new Promise((go) => setTimeout(go, 60_000));\n",
      'good.js': good,
    });
    assert.deepEqual(
      issues.map((line) => line.replace(/:\d+:\d+:/, ':')),
      [
        'sluice.json: custom_policies[0]: ./exits.js ended the program with the exit code 7 while it was loaded',
        'sluice.json: custom_policies[1]: ./exits-well.js ended the program with the exit code 0 while it was loaded',
        'sluice.json: custom_policies[2]: ./unsettled.mjs waits at its top level for a promise that is never settled',
        'sluice.json: custom_policies[3]: ./rejected.js throws where nobody can catch it while it was loaded: nobody hears this',
      ],
    );
    const lines = issues.map((line) => Number(/^sluice\.json:(\d+):/.exec(line)?.[1]));
    assert.deepEqual(
      lines.map((line) => line - (lines[0] ?? 0)),
      [0, 1, 2, 3],
    );
  });

  test('is told with those that throw, and the good ones beside it are used for checking', async (t) => {
    const issues = await issuesOf(
      t,
      { 'exits.js': 'process.exit(7);\n', 'throws.js': "throw new Error('no');\n", 'good.js': good },
      { routes: [{ ...route, policies: [{ mine: { word: 5 } }] }] },
    );
    assert.equal(issues.length, 3, issues.join('\n'));
    assert.match(issues[0] ?? '', /custom_policies\[0\]: \.\/exits\.js ended the program/);
    assert.match(issues[1] ?? '', /custom_policies\[1\]: throws\.js:1:7 throws when it is loaded: no$/);
    assert.match(issues[2] ?? '', /routes\[0\]\.policies\[0\]\.mine\.word: /);
  });

  test('is told after a while, where it never lets go of its thread', async (t) => {
    const { file, folder } = createFolder(t, {
      'endless.js': endless,
      'waits.js': 'setInterval(() => {}, 1e6);' + unsettled,
    });
    const read = await readDocument(file, {});
    assert.ok('document' in read);
    const { complaints, refusedModules } = await probePolicies(read.document, folder, 1_500);
    assert.deepEqual(complaints, [
      { path: ['custom_policies', 0], message: './endless.js did not load within 1.5 s' },
      { path: ['custom_policies', 1], message: './waits.js did not load within 1.5 s' },
    ]);
    assert.deepEqual([...refusedModules], [0, 1]);
  });

  test('is not waited for longer than a while by a worker either', async (t) => {
    const { folder } = createFolder(t, { 'unsettled.mjs': unsettled });
    const url = userModuleUrl(path.join(folder, 'unsettled.mjs'));
    await assert.rejects(importUserModule(url, 50), {
      name: 'UserModuleError',
      message: /unsettled\.mjs did not load within 0\.05 s$/,
    });
  });

  test('is not imported instead of the one that was checked', async (t) => {
    const { folder, write } = createFolder(t, { 'good.js': good });
    const url = userModuleUrl(path.join(folder, 'good.js'));
    write('good.js', 'process.exit(7);\n');
    await assert.rejects(loadPolicies([url]), /good\.js has changed since it was checked: reload the configuration$/);
  });
});

describe('a policy that cannot be made of its options', () => {
  const makings: readonly (readonly [string, string, RegExp])[] = [
    [
      'throws',
      "create() { throw new Error('word has to be longer'); }",
      /the policy "mine" of \.\/mine\.js cannot be made of its options: word has to be longer$/,
    ],
    [
      'is null',
      'create: () => null',
      /the create of the policy "mine" of \.\/mine\.js returns null: expected an object/,
    ],
    ['is asynchronous', 'async create() { return {}; }', /\.\/mine\.js returns a promise: .* cannot be asynchronous$/],
    [
      'rejects',
      "async create() { throw new Error('later'); }",
      /\.\/mine\.js returns a promise: .* cannot be asynchronous$/,
    ],
    [
      'has a phase that is no function',
      'create: () => ({ onRequest: 5 })',
      /\.\/mine\.js returns a policy whose onRequest is a number: expected a function$/,
    ],
    [
      'ends the program',
      'create() { process.exit(3); }',
      /the create of the policy "mine" of \.\/mine\.js ended the program with the exit code 3$/,
    ],
  ];
  for (const [name, create, expected] of makings) {
    test(`is told at the route's line: its create ${name}`, async (t) => {
      const [issue = '', ...others] = await issuesOf(t, { 'mine.js': policyModule(create) });
      assert.deepEqual(others, []);
      assert.match(issue, /^sluice\.json:\d+:\d+: routes\[0\]\.policies\[0\]\.mine: /);
      assert.match(issue, expected);
    });
  }

  test('is told for the gateway’s policies and for each route at once', async (t) => {
    const document = {
      policies: [{ mine: {} }],
      routes: [route, { ...route, name: 'other', match: { path: '/other' } }],
    };
    const issues = await issuesOf(t, { 'mine.js': policyModule("create() { throw new Error('no'); }") }, document);
    assert.deepEqual(
      issues.map((line) => /: (\S+): the policy "mine"/.exec(line)?.[1]),
      ['policies[0].mine', 'routes[0].policies[0].mine', 'routes[1].policies[0].mine'],
    );
  });

  test('is told where the checks of its options throw, wait or never end', async (t) => {
    const word = (check: string) =>
      policyModule('create: () => ({})', `section({ word: z.string().prefault('a').refine(${check}) })`);
    const [thrown = ''] = await issuesOf(t, { 'mine.js': word("() => { throw new Error('no word'); }") });
    assert.match(
      thrown,
      /routes\[0\]\.policies\[0\]\.mine: the checks that the policy "mine" of \.\/mine\.js has for its options throw: no word$/,
    );
    const [waits = ''] = await issuesOf(t, { 'mine.js': word('async () => true') });
    assert.match(
      waits,
      /routes\[0\]\.policies\[0\]\.mine: the checks .* are asynchronous: a check has to answer at once$/,
    );
    const { file, folder } = createFolder(t, { 'mine.js': word('() => { for (;;) {} }') });
    const read = await readDocument(file, {});
    assert.ok('document' in read);
    const { complaints, mayGoOn } = await probePolicies(read.document, folder, 1_500);
    const message = 'a check that a policy has for its options did not come to an end within 1.5 s';
    assert.deepEqual({ complaints, mayGoOn }, { complaints: [{ path: ['custom_policies'], message }], mayGoOn: false });
  });

  test('is told where its options cannot be handed to a worker', async (t) => {
    const options = 'section({ word: z.string().prefault("a").transform((text) => () => text) })';
    const [issue = ''] = await issuesOf(t, { 'mine.js': policyModule('create: () => ({})', options) });
    assert.match(
      issue,
      /routes\[0\]\.policies\[0\]\.mine: the options of the policy "mine" of \.\/mine\.js .*cannot be handed to a worker/,
    );
  });
});

describe('a gateway that runs', () => {
  test('serves on what it served, whatever the module has become, and takes the corrected one', async (t) => {
    const { write, load } = createFolder(t, { 'mine.js': good });
    const loaded = await load();
    assert.ok('config' in loaded, 'issues' in loaded ? formatIssues(loaded.issues) : '');
    const logger = { log: () => {} };
    const { config, policyModules } = loaded;
    const gateway = await createGateway({
      config,
      policyModules,
      logger,
      source: { description: 'test', watched: [], load },
    });
    await gateway.start();
    t.after(() => gateway.stop({ timeoutMs: 0 }));
    const port = gateway.addresses[0]?.port ?? 0;
    const ask = async () => (await rawRequest(t, port, requestText('GET', '/'))).text;
    const bad: readonly (readonly [string, RegExp])[] = [
      ['process.exit(7);\n', /ended the program/],
      [unsettled, /never settled/],
      [policyModule('create: () => null'), /returns null/],
    ];
    for (const [text, expected] of bad) {
      write('mine.js', text);
      const outcome = await gateway.reload();
      assert.ok(outcome.status === 'failure');
      assert.match(formatIssues(outcome.issues), expected);
      assert.match(formatIssues(outcome.issues), /sluice\.json:\d+:\d+: /);
      assert.equal(await ask(), 'hello');
    }
    write('mine.js', good.replace('"hello"', '"corrected"'));
    assert.equal((await gateway.reload()).status, 'success');
    assert.equal(await ask(), 'corrected');
    await gateway.stop({ timeoutMs: 0 });
    assert.ok(await isGone(port));
  });
});

describe('sluice check', () => {
  test('fails for a module that waits for good, and says so', async (t) => {
    const { file } = createFolder(t, { 'unsettled.mjs': unsettled });
    const checking = startProcess(t, process.execPath, [launcher, 'check', file]);
    assert.deepEqual(await checking.ended, { code: 1, signal: null });
    assert.match(checking.text(), /custom_policies\[0\]: \.\/unsettled\.mjs waits at its top level/);
  });

  test('ends by a signal while a module holds up its thread', async (t) => {
    const begun = "import { writeFileSync } from 'node:fs';\nwriteFileSync(new URL('./begun', import.meta.url), '');\n";
    const { file, folder } = createFolder(t, { 'endless.mjs': begun + endless });
    const { child, ended } = startProcess(t, process.execPath, [launcher, 'check', file]);
    await waitUntil('the module runs', () => existsSync(path.join(folder, 'begun')));
    const askedAt = performance.now();
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 143, signal: null });
    assert.ok(performance.now() - askedAt < 8_000);
  });
});

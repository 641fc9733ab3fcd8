import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFromValue, type Document } from '../../src/config/document.ts';
import { formatResolved, listOrigins, plainResolved } from '../../src/config/format-resolved.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import type { TextFormat } from '../../src/config/parse.ts';
import { resolveDocument, type ResolvedValue } from '../../src/config/resolved-document.ts';
import type { Config } from '../../src/config/schema.ts';
import { documentFromEnvironment } from '../../src/doors/environment.ts';
import { documentFromFlags } from '../../src/doors/flags.ts';
import { definePolicy, type PolicyDefinition } from '../../src/core/policy.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { goldenFiles, readGolden, readSections, readVariables } from './golden-file.ts';

function resolve(document: Document): { config: Config; resolved: ResolvedValue } {
  const loaded = loadConfig(document, builtInPolicies);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  return { config: loaded.config, resolved: resolveDocument(document, loaded.written, builtInPolicies) };
}

function readYaml(text: string, variables: Record<string, string> = {}): Document {
  const read = parseAtOnce({ text, format: 'yaml', file: 'sluice.yaml', variables });
  assert.ok('document' in read, JSON.stringify(read));
  return read.document;
}

describe('a configuration without secrets is the same when its print is read again', () => {
  for (const file of goldenFiles) {
    const sections = readSections(readGolden(file));
    if (!sections.has('config')) continue;
    test(file, () => {
      const [name = '', text = ''] = [...sections].find(([section]) => section.startsWith('sluice.')) ?? [];
      const format = name.slice('sluice.'.length) as TextFormat;
      const variables = readVariables(sections.get('env') ?? '');
      const read = parseAtOnce({ text, format, file: name, variables });
      assert.ok('document' in read);
      const { config, resolved } = resolve(read.document);
      const printed = formatResolved(resolved);
      assert.deepEqual(resolve(readYaml(printed)).config, config);
      // What is printed has no more defaults to be filled in.
      assert.ok(listOrigins(resolve(readYaml(printed)).resolved).every(([, origin]) => origin !== 'default'));
    });
  }

  test('of the environment, with the defaults of all variables', () => {
    const { config, resolved } = resolve(documentFromEnvironment({ ADMIN_AUTH_ENABLED: 'false' }));
    assert.deepEqual(resolve(readYaml(formatResolved(resolved))).config, config);
  });

  test('with texts that look like something else', () => {
    const texts = ['a $${{b}} $${{c}}', ' # no comment', 'true', '8080', '- a', '"', "'", 'a\n\n b\n', '{{', '\t', '~'];
    const routes = texts.map((body, index) => ({ name: `r${index}`, match: { path: `/${index}` }, respond: { body } }));
    const text = JSON.stringify({ listeners: [{ address: ':8080' }], routes });
    const { config, resolved } = resolve(readYaml(text));
    assert.match(formatResolved(resolved), /a \$\$\{\{b\}\} \$\$\{\{c\}\}/);
    assert.deepEqual(resolve(readYaml(formatResolved(resolved))).config, config);
  });

  test('of flags, without keys', () => {
    const { config, resolved } = resolve(documentFromFlags({ keys: '', 'log-file': '/tmp/a #b.log' }));
    assert.deepEqual(resolve(readYaml(formatResolved(resolved))).config, config);
  });
});

/** The origins of these paths. */
function originsOf(document: Document, paths: readonly string[]): (string | undefined)[] {
  const origins = new Map(listOrigins(resolve(document).resolved));
  return paths.map((path) => origins.get(path));
}

test('a flag is the origin of what it says', () => {
  const document = documentFromFlags({ port: '9000', 'rate-limit': '5' });
  assert.deepEqual(
    originsOf(document, [
      'listeners[0].address',
      'access_log.file',
      'policies[1].rate_limit.burst',
      'policies[1].rate_limit.by',
      'limits.head',
    ]),
    ['-port', 'default (-log-file)', '-rate-limit', 'flags', 'default'],
  );
});

test('a variable is the origin of what it says, with its line where it stands in a file', () => {
  const file = { name: '.env', variables: { RATE_LIMIT_RPM: '5' }, lineOf: () => 3 };
  const document = documentFromEnvironment({ PORT: '9000', ADMIN_PASSWORD: 'x', REDIS_HOST: 'r' }, file);
  assert.deepEqual(
    originsOf(document, [
      'listeners[0].address',
      'admin.auth.password',
      'policies[2].rate_limit.limit',
      'policies[2].rate_limit.burst',
      'policies[2].rate_limit.by',
      'store',
      'upstreams.auth-service.breaker.max_failures',
      'upstreams.auth-service.targets[0]',
    ]),
    [
      'PORT',
      'ADMIN_PASSWORD',
      '.env:3: RATE_LIMIT_RPM',
      'default (RATE_LIMIT_BURST)',
      'environment',
      'REDIS_HOST',
      'default (CB_MAX_FAILURES)',
      'default (AUTH_SERVICE_URL)',
    ],
  );
});

describe('a secret that is not from a file in clear', () => {
  const read = (text: string, variables: Record<string, string>) => resolve(readYaml(text, variables));

  test('is printed as its variable, so that the print is the same configuration', () => {
    const variables = { ADMIN_PASSWORD: 'hunter2', REDIS_PASSWORD: 'hunter3', APP_KEY: 'hunter4' };
    const text = `
      listeners: [{ address: ":8080" }]
      admin: { address: main, auth: { password: "\${ADMIN_PASSWORD:-hunter5}" } }
      store: redis://:\${REDIS_PASSWORD}@\${REDIS_HOST:-localhost}
      keys: [{ name: app, secret: "\${APP_KEY}" }]
      policies: [{ basic_auth: { users: [{ name: ada, password: "\${ADMIN_PASSWORD}" }] } }]`;
    const { config, resolved } = read(text, variables);
    const printed = formatResolved(resolved);
    assert.doesNotMatch(printed, /hunter|\*/);
    assert.deepEqual(read(printed, variables).config, config);
  });

  test('is printed as its variable where the configuration is made of variables', () => {
    const variables = { ADMIN_PASSWORD: 'hunter2', REDIS_HOST: 'r', REDIS_PASSWORD: 'hunter3' };
    const { config, resolved } = resolve(documentFromEnvironment(variables));
    const printed = formatResolved(resolved);
    assert.doesNotMatch(printed, /hunter|: \S*\*\*\*/);
    assert.deepEqual(read(printed, variables).config, config);
  });

  test('is masked where a variable cannot stand for it', () => {
    const variables = { ADMIN_PASSWORD: 'x', REDIS_HOST: 'r', REDIS_PASSWORD: 'hunter/2' };
    assert.match(
      formatResolved(resolve(documentFromEnvironment(variables)).resolved),
      /store: redis:\/\/\*\*\*@r:6379/,
    );
  });
});

describe('a print with masks in it', () => {
  const issuesIn = (document: Document, policies: readonly PolicyDefinition[] = builtInPolicies) => {
    const loaded = loadConfig(document, policies);
    return 'issues' in loaded ? loaded.issues.map(({ path, message }) => `${path}: ${message.slice(0, 27)}`) : [];
  };

  test('is no configuration', () => {
    const printed = formatResolved(resolve(documentFromFlags({ keys: 'hunter2' })).resolved);
    assert.deepEqual(issuesIn(readYaml(printed)), [
      'keys[0].name: "***" is what config print ',
      'keys[0].secret: "***" is what config print ',
    ]);
  });

  test('is none either where the schema of a policy says what is secret', () => {
    const policy = definePolicy({
      name: 'own',
      summary: 'Has a secret.',
      options: ({ z, section }) => section({ pin: z.string().meta({ writeOnly: true }), colour: z.string() }),
      create: () => ({}),
    });
    const value = { listeners: [{ address: ':8080' }], policies: [{ own: { pin: '***', colour: '***' } }] };
    assert.deepEqual(issuesIn(documentFromValue(value, 'a test'), [policy]), [
      'policies[0].own.pin: "***" is what config print ',
    ]);
  });
});

describe('a secret is not shown', () => {
  const secret = 'hunter2';
  const minimal = 'listeners: [{ address: ":8080" }]\n';
  const documents = {
    'as a password': readYaml(`${minimal}admin: { address: main, auth: { password: ${secret} } }`),
    'as the secret of a key': readYaml(`${minimal}keys: [{ name: app, secret: ${secret} }]`),
    'in the URL of a store': readYaml(`${minimal}store: redis://:${secret}@localhost`),
    'in the query of a store': readYaml(
      `${minimal}store: "redis+sentinel://localhost/main?sentinel_password=${secret}"`,
    ),
    'that comes from a variable of such a name': readYaml(`${minimal}access_log: { file: "\${TOKEN}" }`, {
      TOKEN: secret,
    }),
    'as a header of such a name': readYaml(
      `${minimal}routes: [{ name: a, match: { headers: { X-Api-Key: ${secret} } }, respond: {} }]`,
    ),
    'in the environment': documentFromEnvironment({ ADMIN_PASSWORD: secret, REDIS_HOST: 'r', REDIS_PASSWORD: secret }),
    'as a flag': documentFromFlags({ keys: secret }),
    'as the password of a user': readYaml(
      `${minimal}policies: [{ basic_auth: { users: [{ name: ada, password: ${secret} }] } }]`,
    ),
  };
  for (const [name, document] of Object.entries(documents)) {
    test(name, () => {
      const { resolved } = resolve(document);
      const printed = formatResolved(resolved);
      assert.doesNotMatch(printed, /hunter2/);
      assert.match(printed, /\*\*\*|\$\{\w+\}/);
      assert.doesNotMatch(JSON.stringify(plainResolved(resolved)), /hunter2/);
    });
  }

  test('where the schema of a policy says that it is one', () => {
    const policy = definePolicy({
      name: 'own',
      summary: 'Has a secret.',
      options: ({ z, section }) => section({ pin: z.string().meta({ writeOnly: true }), colour: z.string() }),
      create: () => ({}),
    });
    const value = { listeners: [{ address: ':8080' }], policies: [{ own: { pin: secret, colour: 'red' } }] };
    const document = documentFromValue(value, 'a test');
    const loaded = loadConfig(document, [policy]);
    assert.ok('config' in loaded);
    const printed = formatResolved(resolveDocument(document, loaded.written, [policy]));
    assert.match(printed, /pin: "\*\*\*"\s+# a test\n\s+colour: red/);
  });
});

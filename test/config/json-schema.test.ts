import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse as parseToml } from 'smol-toml';
import { loadConfigurationFile } from '../../src/cli/load-configuration.ts';
import { createJsonSchema } from '../../src/config/json-schema.ts';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import type { TextFormat } from '../../src/config/parse.ts';
import { parseYaml } from '../../src/config/yaml-text.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { findFiles, readText, rootFolder } from '../contract/sources.ts';
import { goldenFiles, readGolden, readSections } from './golden-file.ts';
import { SchemaChecker, type Schema } from './json-schema-checker.ts';

const file = 'sluice.schema.json';
const schema = JSON.parse(readText(file)) as Schema;
const checker = new SchemaChecker(schema);

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  yaml: (text) => parseYaml(text).value,
  yml: (text) => parseYaml(text).value,
  toml: parseToml,
  json: (text) => JSON.parse(text) as unknown,
};

function parseAs(name: string, text: string): unknown {
  const parser = parsers[name.split('.').at(-1) ?? ''];
  assert.ok(parser !== undefined, name);
  // Without the prototypes that a parser may leave out.
  return JSON.parse(JSON.stringify(parser(text))) as unknown;
}

/** The smallest configuration, with something put in. */
function withPart(part: object): unknown {
  return {
    listeners: [{ address: ':8080' }],
    upstreams: { users: { targets: ['http://10.0.0.1:80'] } },
    routes: [{ name: 'all', upstream: 'users' }],
    ...part,
  };
}

const withUpstream = (part: object) => withPart({ upstreams: { users: { targets: ['http://10.0.0.1:80'], ...part } } });
const withRoute = (part: object) => withPart({ routes: [{ name: 'all', ...part }] });

test('the published schema is that of the language', () => {
  const text = `${JSON.stringify(createJsonSchema(builtInPolicies), null, 2)}\n`;
  assert.equal(readText(file), text, 'run "node scripts/json-schema.ts"');
});

describe('the published schema takes', () => {
  const examples = findFiles(
    'examples/*.{yaml,toml,json}',
    'examples/*/sluice.config.ts',
    'docs/policies/examples/*.yaml',
  );
  const names = ['ADMIN_PASSWORD', 'MONITOR_PASSWORD', 'PARTNER_KEY', 'TOOLS_PASSWORD', 'WEBHOOK_SECRET'];
  const variables = Object.fromEntries(names.map((name) => [name, 'x']));
  for (const name of examples.filter((found) => !found.includes('.test.'))) {
    test(`${name}, with its own policies`, async () => {
      const loaded = await loadConfigurationFile(path.join(rootFolder, name), variables);
      assert.ok('config' in loaded, JSON.stringify(loaded));
      const { document, definitions } = loaded;
      const isText = !name.endsWith('.ts');
      const written = isText ? parseAs(name, readText(name)) : document.value;
      assert.ok(new SchemaChecker(createJsonSchema(definitions)).accepts(written));
      const hasOwn = definitions.length > builtInPolicies.length;
      assert.equal(checker.accepts(written), !hasOwn);
    });
  }

  for (const golden of goldenFiles) {
    const sections = readSections(readGolden(golden));
    const [name, text = ''] = [...sections].find(([section]) => section.startsWith('sluice.')) ?? [''];
    if (!sections.has('config')) continue;
    test(`the configuration of ${golden}`, () => {
      const format = name.slice('sluice.'.length) as TextFormat;
      assert.ok('document' in parseAtOnce({ text, format, file: name, variables: {} }));
      assert.ok(checker.accepts(parseAs(name, text)));
    });
  }

  const parts = {
    'a variable in the place of a number': withPart({ workers: '${WORKERS}' }),
    'a variable in the place of a boolean': withUpstream({ retry: { unsafe_methods: '${UNSAFE:-false}' } }),
    'a variable in the place of false': withUpstream({ health: '${HEALTH}' }),
    'a variable within a text of a fixed form': withPart({ shutdown_timeout: '${SECONDS}s' }),
    'a variable in the place of a word': withUpstream({ balance: '${BALANCE}' }),
    'a policy without options': withPart({ policies: [{ api_key: null }] }),
    'where the schema is': withPart({ $schema: './sluice.schema.json' }),
  };
  for (const [name, document] of Object.entries(parts)) test(name, () => assert.ok(checker.accepts(document)));
});

describe('the published schema refuses', () => {
  const parts = {
    'an unknown key': withPart({ listner: [] }),
    'an unknown key further within': withUpstream({ timeouts: { conect: '1s' } }),
    'no listener': withPart({ listeners: [] }),
    'a port without a colon': withPart({ listeners: [{ address: '8080' }] }),
    'a number that is too large': withPart({ workers: 257 }),
    'a number as a text': withPart({ workers: '4' }),
    'a text around a variable for a number': withPart({ workers: '1${WORKERS}' }),
    'a duration without a unit': withPart({ shutdown_timeout: 25 }),
    'a duration that is none': withPart({ shutdown_timeout: 'soon' }),
    'a target without a scheme': withUpstream({ targets: ['10.0.0.1:80'] }),
    'a balance that is not there': withUpstream({ balance: 'fastest' }),
    'true in the place of false': withUpstream({ health: true }),
    'a route without a destination': withRoute({}),
    'a route with two destinations': withRoute({ upstream: 'users', redirect: { to: '/a' } }),
    'a condition with two keys': withRoute({
      upstream: 'users',
      match: { headers: { a: { equals: 'a', prefix: 'b' } } },
    }),
    'two policies in one entry': withPart({ policies: [{ cors: {}, api_key: {} }] }),
    'a policy that is not there': withPart({ policies: [{ rate_limits: {} }] }),
    'an option that is not there': withPart({ policies: [{ api_key: { require: true } }] }),
    'a policy without an option that it needs': withPart({ policies: [{ rate_limit: {} }] }),
  };
  test('none of these without what is wrong', () => assert.ok(checker.accepts(withPart({}))));
  for (const [name, document] of Object.entries(parts)) {
    test(name, () => assert.equal(checker.accepts(document), false));
  }
});

test('every key is described, for those who see it in an editor', () => {
  assert.deepEqual(findUndescribed(schema, ''), []);
});

function findUndescribed(part: Schema, at: string): string[] {
  const properties = Object.entries((part['properties'] ?? {}) as Record<string, Schema>);
  const within = ['items', 'additionalProperties'].flatMap((key) => {
    const child = part[key];
    return typeof child === 'object' && child !== null ? findUndescribed(child as Schema, `${at}[]`) : [];
  });
  const forms = (part['anyOf'] ?? []) as Schema[];
  return [
    ...properties.flatMap(([name, child]) => [
      ...(child['description'] === undefined ? [`${at}.${name}`] : []),
      ...findUndescribed(child, `${at}.${name}`),
    ]),
    ...within,
    ...forms.flatMap((form) => findUndescribed(form, at)),
  ];
}

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import { loadConfigurationFile } from '../../src/cli/load-configuration.ts';
import { runTestFile } from '../../src/expectations/run-test-file.ts';
import { loadTestFile } from '../../src/expectations/test-file.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { findFiles, readText, rootFolder } from '../contract/sources.ts';

const folder = 'docs/policies/examples';

describe('the pages of the policies', () => {
  test('are those that node scripts/policy-docs.ts writes', async () => {
    const script = path.join(rootFolder, 'scripts/policy-docs.ts');
    await promisify(execFile)(process.execPath, [script, '--check'], { cwd: rootFolder });
  });

  test('are there for every policy, and for no other', () => {
    const pages = findFiles('docs/policies/*.md').map((file) => path.basename(file, '.md'));
    assert.deepEqual(
      pages.filter((name) => name !== 'README'),
      builtInPolicies.map(({ name }) => name).toSorted(),
    );
  });

  test('describe every option', () => {
    for (const { name } of builtInPolicies) {
      const [, table = ''] = readText(`docs/policies/${name}.md`).split('## Options\n');
      const rows = table.split('\n## ')[0]?.trim().split('\n').slice(2) ?? [];
      assert.ok(rows.length > 0, name);
      for (const row of rows) assert.ok((row.split(' | ').at(-1) ?? '').replace('|', '').trim().length > 10, row);
    }
  });

  test('explain every refusal that the code of a policy has', () => {
    for (const definition of builtInPolicies) {
      const source = readText(sourceOf(definition.name));
      const codes = [...source.matchAll(/code: '([a-z_]+)'/g)].flatMap(([, code]) => code ?? []);
      const told: readonly string[] = 'refusals' in definition ? (definition.refusals ?? []) : [];
      assert.deepEqual(
        codes.filter((code) => code !== 'custom' && !told.includes(code)),
        [],
        definition.name,
      );
    }
  });
});

function sourceOf(name: string): string {
  const own = `src/policies/${name.replaceAll('_', '-')}.ts`;
  return findFiles(own)[0] ?? 'src/policies/ip-lists.ts';
}

describe('the example of each policy', () => {
  for (const definition of builtInPolicies) {
    const { name } = definition;
    test(`does what its tests say: ${name}`, async () => {
      const loaded = await loadConfigurationFile(path.join(rootFolder, folder, `${name}.yaml`), {
        PARTNER_KEY: 'partner-secret',
        MONITOR_PASSWORD: 'only-for-trying',
      });
      assert.ok('config' in loaded, JSON.stringify('issues' in loaded ? loaded.issues : ''));
      const used = [...loaded.config.policies, ...loaded.config.routes.flatMap((route) => route.policies)];
      assert.ok(used.some((policy) => policy.name === name));
      const file = `${folder}/${name}.test.yaml`;
      const read = parseAtOnce({ text: readText(file), format: 'yaml', file, variables: {} });
      assert.ok('document' in read);
      const tests = loadTestFile(read.document);
      assert.ok('file' in tests, JSON.stringify(tests));
      const { config, definitions } = loaded;
      const ran = await runTestFile({
        file: tests.file,
        document: read.document,
        config,
        policies: definitions,
        filter: '',
      });
      assert.ok('results' in ran, JSON.stringify(ran));
      assert.ok(ran.results.length > 0);
      for (const { failures, name: tested } of ran.results) assert.deepEqual(failures, [], tested);
    });
  }
});

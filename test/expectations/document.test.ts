import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import { runTestFile } from '../../src/expectations/run-test-file.ts';
import { loadTestFile } from '../../src/expectations/test-file.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { readText } from '../contract/sources.ts';

test('the tests that the document begins with hold for a configuration that they are for', async () => {
  const [, text = ''] = /^```yaml\n([^]*?)^```$/m.exec(readText('docs/testing-a-configuration.md')) ?? [];
  const parsed = parseAtOnce({ text, format: 'yaml', file: 'sluice.test.yaml', variables: {} });
  assert.ok('document' in parsed);
  const loaded = loadTestFile(parsed.document);
  assert.ok('file' in loaded, JSON.stringify(loaded));
  const configuration = {
    listeners: [{ address: ':8080' }],
    upstreams: { users: { targets: ['http://10.0.0.1:80'] } },
    routes: [{ name: 'users', policies: [{ rate_limit: { limit: '100/min' } }], upstream: 'users' }],
  };
  const configured = loadConfig(documentFromValue(configuration, 'configuration'), builtInPolicies);
  assert.ok('config' in configured);
  const { file } = loaded;
  const { document } = parsed;
  const ran = await runTestFile({ file, document, config: configured.config, policies: builtInPolicies, filter: '' });
  assert.ok('results' in ran, JSON.stringify(ran));
  assert.equal(ran.results.length, 2);
  assert.deepEqual(
    ran.results.flatMap(({ failures }) => failures),
    [],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { documentFromEnvironment } from '../../src/doors/environment.ts';
import { variableDefaults, variableNames } from '../../src/doors/environment-variables.ts';
import { loadConfig } from '../../src/config/load.ts';
import { documentFromValue } from '../../src/config/document.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { readText } from '../contract/sources.ts';

const page = readText('docs/gateway-from-environment.md');

test('the page has every variable with its default, and no other', () => {
  const [, table = ''] = /\n## Variables\n([^]*?)\n\n[^|\n]/.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| `([A-Z_]+)`\s*\|.*\|([^|]*)\|$/gm)];
  const written = new Map(rows.map(([, name = '', text = '']) => [name, text.trim().replaceAll('`', '')]));
  assert.deepEqual([...written.keys()].toSorted(), variableNames.toSorted());
  for (const name of variableNames) {
    const expected = name === 'WORKERS' ? 'one per core' : (variableDefaults[name] ?? '');
    assert.equal(written.get(name), expected, name);
  }
});

test('the configuration on the page is the one that the defaults stand for', () => {
  const [, text = ''] = /```yaml\n(listeners:\n[^]*?)```/.exec(page) ?? [];
  const written = loadConfig(documentFromValue(parse(text), 'the page'), builtInPolicies);
  const made = loadConfig(documentFromEnvironment({ ADMIN_PASSWORD: 'change-me' }), builtInPolicies);
  assert.ok('config' in written && 'config' in made);
  assert.deepEqual(written.config, made.config);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsPage } from '../../scripts/metrics-page.ts';
import { readText } from '../contract/sources.ts';

test('the page of the metrics is the one that node scripts/metrics-docs.ts writes', () => {
  assert.equal(readText('docs/metrics.md'), metricsPage());
});

test('the page says what each label is', () => {
  const [introduction = '', families = ''] = metricsPage().split('## All metrics\n');
  const used = families.split('\n').flatMap((line) => [...(line.split(' | ')[2] ?? '').matchAll(/`(\w+)`/g)]);
  assert.ok(used.length > 10);
  for (const [, label = ''] of used) assert.ok(introduction.includes(`\`${label}\``), label);
});

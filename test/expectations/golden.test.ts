import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { createStyle } from '../../src/cli/terminal.ts';
import { formatReport } from '../../src/cli/test-report.ts';
import { formatIssues } from '../../src/config/issues.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import type { TextFormat } from '../../src/config/parse.ts';
import { runTestFile } from '../../src/expectations/run-test-file.ts';
import { loadTestFile } from '../../src/expectations/test-file.ts';
import { builtInPolicies } from '../../src/policies/index.ts';

// A file in golden/ is one test: `=== sluice.yaml` begins the configuration, `=== sluice.test.yaml` (or .toml, .json) its
// tests, and the last section, `=== report`, is what must come out. `UPDATE_GOLDEN=1` writes that section anew.

const folder = new URL('./golden/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
const update = process.env['UPDATE_GOLDEN'] === '1';
const reportStart = '=== report\n';

function readSections(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of text.split(/^=== /m).slice(1)) {
    const end = part.indexOf('\n');
    sections.set(part.slice(0, end).trim(), part.slice(end + 1));
  }
  return sections;
}

function parse(file: string, text: string, variables: Readonly<Record<string, string>>) {
  const format = file.slice(file.lastIndexOf('.') + 1) as TextFormat;
  const parsed = parseAtOnce({ text, format, file, variables });
  assert.ok('document' in parsed, 'issues' in parsed ? formatIssues(parsed.issues) : '');
  return parsed.document;
}

async function run(sections: ReadonlyMap<string, string>): Promise<string> {
  const [name, text] = [...sections].find(([section]) => section.startsWith('sluice.test.')) ?? [];
  assert.ok(name !== undefined && text !== undefined, 'a golden file has a section such as "=== sluice.test.yaml"');
  const document = parse(name, text, {});
  const loaded = loadTestFile(document);
  if ('issues' in loaded) return `${formatIssues(loaded.issues)}\n`;
  const written = parse('sluice.yaml', sections.get('sluice.yaml') ?? '', loaded.file.variables);
  const configured = loadConfig(written, builtInPolicies);
  assert.ok('config' in configured, 'issues' in configured ? formatIssues(configured.issues) : '');
  const { config } = configured;
  const ran = await runTestFile({ file: loaded.file, document, config, policies: builtInPolicies, filter: '' });
  if ('issues' in ran) return `${formatIssues(ran.issues)}\n`;
  const report = { file: name, config: 'sluice.yaml', results: ran.results, skipped: 0 };
  return formatReport(report, createStyle({}, {})).replace(/ \([\d.]+ ms\)$/m, '');
}

test('there are golden files', () => {
  assert.ok(files.length >= 8, `found ${files.length} in ${folder.pathname}`);
});

for (const file of files) {
  test(`${basename(file, '.txt').replaceAll('-', ' ')} gives what its golden file says`, async () => {
    const url = new URL(file, folder);
    const golden = readFileSync(url, 'utf8');
    const result = await run(readSections(golden));
    const expected = golden.indexOf(`\n${reportStart}`);
    const before = expected === -1 ? golden : golden.slice(0, expected + 1);
    if (update) writeFileSync(url, before + reportStart + result);
    else assert.equal(golden.slice(before.length + reportStart.length), result);
  });
}

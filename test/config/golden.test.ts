import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { formatIssues } from '../../src/config/issues.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseDocument, type TextFormat } from '../../src/config/parse.ts';

// A file in golden/ is one test: `=== sluice.yaml` (or .toml, .json) begins the input, `=== env` lines of NAME=value,
// and the last section is what must come out, `=== issues` or `=== config`. `UPDATE_GOLDEN=1` writes that section anew.

const folder = new URL('./golden/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
const update = process.env['UPDATE_GOLDEN'] === '1';

function readSections(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of text.split(/^=== /m).slice(1)) {
    const end = part.indexOf('\n');
    sections.set(part.slice(0, end).trim(), part.slice(end + 1));
  }
  return sections;
}

function readVariables(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function run(sections: ReadonlyMap<string, string>): string {
  const [file, text] = [...sections].find(([name]) => name.startsWith('sluice.')) ?? [];
  assert.ok(file !== undefined && text !== undefined, 'a golden file has a section such as "=== sluice.yaml"');
  const format = file.slice('sluice.'.length) as TextFormat;
  const read = parseDocument({ text, format, file, variables: readVariables(sections.get('env') ?? '') });
  const result = 'issues' in read ? read : loadConfig(read.document);
  return 'issues' in result
    ? `=== issues\n${formatIssues(result.issues)}\n`
    : `=== config\n${JSON.stringify(result.config, null, 2)}\n`;
}

test('there are golden files', () => {
  assert.ok(files.length >= 10, `found ${files.length} in ${folder.pathname}`);
});

for (const file of files) {
  test(`${basename(file, '.txt').replaceAll('-', ' ')} gives what its golden file says`, () => {
    const url = new URL(file, folder);
    const golden = readFileSync(url, 'utf8');
    const result = run(readSections(golden));
    const expected = golden.search(/^=== (?:issues|config)$/m);
    if (update) writeFileSync(url, (expected === -1 ? golden : golden.slice(0, expected)) + result);
    else assert.equal(expected === -1 ? '' : golden.slice(expected), result);
  });
}

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { formatResolved } from '../../src/config/format-resolved.ts';
import { formatIssues } from '../../src/config/issues.ts';
import { findFindings } from '../../src/config/lints/find-findings.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import type { TextFormat } from '../../src/config/parse.ts';
import { resolveDocument } from '../../src/config/resolved-document.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { goldenFiles, goldenFolder, readGolden, readSections, readVariables } from './golden-file.ts';

// What a golden file is, golden-file.ts says. `UPDATE_GOLDEN=1` writes what must come out anew.

const update = process.env['UPDATE_GOLDEN'] === '1';

function run(sections: ReadonlyMap<string, string>): string {
  const [file, text] = [...sections].find(([name]) => name.startsWith('sluice.')) ?? [];
  assert.ok(file !== undefined && text !== undefined, 'a golden file has a section such as "=== sluice.yaml"');
  const format = file.slice('sluice.'.length) as TextFormat;
  const read = parseAtOnce({ text, format, file, variables: readVariables(sections.get('env') ?? '') });
  const loaded = 'issues' in read ? read : loadConfig(read.document, builtInPolicies);
  if ('issues' in loaded) return `=== issues\n${formatIssues(loaded.issues)}\n`;
  const { config } = loaded;
  if (sections.has('config') || !('document' in read)) return `=== config\n${JSON.stringify(config, null, 2)}\n`;
  if (sections.has('print')) {
    const resolved = resolveDocument(read.document, loaded.written, builtInPolicies);
    return `=== print\n${formatResolved(resolved)}`;
  }
  return `=== findings\n${formatIssues(findFindings({ config, document: read.document }))}\n`;
}

test('there are golden files', () => {
  assert.ok(goldenFiles.length >= 10, `found ${goldenFiles.length} in ${goldenFolder.pathname}`);
});

for (const file of goldenFiles) {
  test(`${basename(file, '.txt').replaceAll('-', ' ')} gives what its golden file says`, () => {
    const golden = readGolden(file);
    const result = run(readSections(golden));
    const expected = golden.search(/^=== (?:issues|config|findings|print)$/m);
    if (update)
      writeFileSync(new URL(file, goldenFolder), (expected === -1 ? golden : golden.slice(0, expected)) + result);
    else assert.equal(expected === -1 ? '' : golden.slice(expected), result);
  });
}

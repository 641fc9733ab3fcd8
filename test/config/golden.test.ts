import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { formatIssues } from '../../src/config/issues.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseDocument, type TextFormat } from '../../src/config/parse.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { goldenFiles, goldenFolder, readGolden, readSections, readVariables } from './golden-file.ts';

// What a golden file is, golden-file.ts says. `UPDATE_GOLDEN=1` writes what must come out anew.

const update = process.env['UPDATE_GOLDEN'] === '1';

function run(sections: ReadonlyMap<string, string>): string {
  const [file, text] = [...sections].find(([name]) => name.startsWith('sluice.')) ?? [];
  assert.ok(file !== undefined && text !== undefined, 'a golden file has a section such as "=== sluice.yaml"');
  const format = file.slice('sluice.'.length) as TextFormat;
  const read = parseDocument({ text, format, file, variables: readVariables(sections.get('env') ?? '') });
  const result = 'issues' in read ? read : loadConfig(read.document, builtInPolicies);
  return 'issues' in result
    ? `=== issues\n${formatIssues(result.issues)}\n`
    : `=== config\n${JSON.stringify(result.config, null, 2)}\n`;
}

test('there are golden files', () => {
  assert.ok(goldenFiles.length >= 10, `found ${goldenFiles.length} in ${goldenFolder.pathname}`);
});

for (const file of goldenFiles) {
  test(`${basename(file, '.txt').replaceAll('-', ' ')} gives what its golden file says`, () => {
    const golden = readGolden(file);
    const result = run(readSections(golden));
    const expected = golden.search(/^=== (?:issues|config)$/m);
    if (update)
      writeFileSync(new URL(file, goldenFolder), (expected === -1 ? golden : golden.slice(0, expected)) + result);
    else assert.equal(expected === -1 ? '' : golden.slice(expected), result);
  });
}

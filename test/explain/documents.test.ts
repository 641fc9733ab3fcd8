import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readText, rootFolder } from '../contract/sources.ts';
import { listCommands, replay } from './command-transcript.ts';

// The transcripts in the documents are what the commands print. `UPDATE_GOLDEN=1` writes them anew.

const update = process.env['UPDATE_GOLDEN'] === '1';

for (const file of ['docs/explain.md', 'README.md']) {
  test(`the explanations in ${file} are those that its first configuration gives`, async (t) => {
    const text = readText(file);
    const config = /^```yaml\n(listeners:[^]*?)^```$/m.exec(text)?.[1] ?? '';
    const cwd = mkdtempSync(path.join(tmpdir(), 'sluice-explain-'));
    t.after(() => rmSync(cwd, { recursive: true }));
    writeFileSync(path.join(cwd, 'sluice.yaml'), config);
    let replayed = text;
    let count = 0;
    for (const [block, transcript = ''] of text.matchAll(/^```console\n(\$ \S*sluice explain [^]*?)^```$/gm)) {
      count += 1;
      const printed = await replay(listCommands(transcript), cwd);
      replayed = replayed.replace(block, () => `\`\`\`console\n${printed}\`\`\``);
    }
    assert.ok(count > 0, 'there is no transcript');
    if (update) writeFileSync(path.join(rootFolder, file), replayed);
    else assert.equal(replayed, text);
  });
}

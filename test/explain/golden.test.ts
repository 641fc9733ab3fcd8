import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { listCommands, replay } from './command-transcript.ts';

// A file in golden/ is one test: a configuration, a line `===`, and a transcript of commands and what they print.
// `UPDATE_GOLDEN=1` writes the transcripts anew.

const update = process.env['UPDATE_GOLDEN'] === '1';
const folder = new URL('./golden/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));

test('there are golden files', () => assert.ok(files.length >= 6));

for (const file of files) {
  test(`${path.basename(file, '.txt').replaceAll('-', ' ')} is explained as its golden file says`, async (t) => {
    const [config = '', expected = ''] = readFileSync(new URL(file, folder), 'utf8').split(/^===\n/m);
    const cwd = mkdtempSync(path.join(tmpdir(), 'sluice-explain-'));
    t.after(() => rmSync(cwd, { recursive: true }));
    writeFileSync(path.join(cwd, 'sluice.yaml'), config);
    const transcript = (await replay(listCommands(expected), cwd)).replaceAll(`${cwd}${path.sep}`, '');
    if (update) writeFileSync(new URL(file, folder), `${config}===\n${transcript}`);
    else assert.equal(transcript, expected);
  });
}

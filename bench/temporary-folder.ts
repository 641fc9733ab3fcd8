import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | null = null;

/** The folder for everything that the measurements write; it goes with the process. */
export function temporaryFolder(): string {
  if (folder === null) {
    const path = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
    folder = path;
    process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  }
  return folder;
}

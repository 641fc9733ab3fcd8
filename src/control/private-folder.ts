import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that only this user can enter; it goes with everything in it when it is disposed of, or with the process. */
export interface PrivateFolder extends Disposable {
  readonly path: string;
}

export function createPrivateFolder(): PrivateFolder {
  // It gets mode 0700.
  const path = mkdtempSync(join(tmpdir(), 'sluice-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    path,
    [Symbol.dispose]() {
      process.off('exit', remove);
      remove();
    },
  };
}

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that only this user can enter; it goes with everything in it when it is disposed of, or with the process. */
export interface PrivateFolder extends Disposable {
  readonly path: string;
}

export async function createPrivateFolder(): Promise<PrivateFolder> {
  // mkdtemp gives it mode 0700.
  const path = await mkdtemp(join(tmpdir(), 'sluice-'));
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

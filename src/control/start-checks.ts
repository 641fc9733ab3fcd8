import type { Config } from '../config/schema.ts';
import type { KeyStore } from '../stores/key-store.ts';
import { openKeyStore } from '../stores/open-key-store.ts';
import { LogFile } from '../telemetry/log-file.ts';
import { StartError } from './start-error.ts';

/** A log that cannot be written is told before anything relies on it. Rejects with a StartError. */
export async function checkAccessLog({ access_log: log }: Config): Promise<void> {
  if (log === false) return;
  try {
    await LogFile.check(log.file);
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error));
  }
}

/** A store that cannot be opened is told at the start. Rejects with a StartError. */
export async function openStore({ store }: Config): Promise<KeyStore> {
  try {
    return await openKeyStore(store);
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error));
  }
}

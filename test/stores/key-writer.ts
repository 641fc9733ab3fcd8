/** Creates keys in the SQLite file that is its argument, and prints the id of each once it is acknowledged. */
import { writeSync } from 'node:fs';
import { createTestKey } from '../../src/stores/key.fixture.ts';
import { openKeyStore } from '../../src/stores/open-key-store.ts';

const store = await openKeyStore(`sqlite:${process.argv[2] ?? ''}`);
for (;;) {
  const { key } = createTestKey();
  await store.create(key);
  writeSync(1, `${key.id}\n`);
}

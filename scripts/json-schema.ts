/** Writes the JSON Schema of the configuration: `node scripts/json-schema.ts`; with `--check`, tells whether it differs. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createJsonSchema } from '../src/config/json-schema.ts';
import { builtInPolicies } from '../src/policies/index.ts';

const file = path.join(path.dirname(import.meta.dirname), 'sluice.schema.json');
const text = `${JSON.stringify(createJsonSchema(builtInPolicies), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error('sluice.schema.json is not that of this configuration language: run "node scripts/json-schema.ts".');
  process.exitCode = 1;
}

/** Writes docs/metrics.md: `node scripts/metrics-docs.ts`; with `--check`, tells whether it differs. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { metricsPage } from './metrics-page.ts';

const file = path.join(path.dirname(import.meta.dirname), 'docs/metrics.md');
const page = metricsPage();

if (!process.argv.includes('--check')) {
  writeFileSync(file, page);
} else if (readFileSync(file, 'utf8') !== page) {
  console.error('docs/metrics.md: run "node scripts/metrics-docs.ts".');
  process.exitCode = 1;
}

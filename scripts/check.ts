/** Runs every static check, all of them even when one fails: `node scripts/check.ts`. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

interface Step {
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
}

const steps: readonly Step[] = [
  { name: 'types', command: 'tsc', parameters: ['--noEmit', '--project', 'tsconfig.json'] },
  { name: 'lint', command: 'oxlint', parameters: ['--type-aware', '--deny-warnings'] },
  { name: 'format', command: 'oxfmt', parameters: ['--check'] },
  { name: 'unused code and dependencies', command: 'knip', parameters: ['--no-progress'] },
];

const root = path.dirname(import.meta.dirname);
const binFolder = path.join(root, 'node_modules', '.bin');
// The tools start with `#!/usr/bin/env node`, which has to find the pinned Node.js also outside of npm.
const environment = { ...process.env, PATH: [binFolder, process.env['PATH']].join(path.delimiter) };

function runStep({ name, command, parameters }: Step): boolean {
  console.log(`▶ ${name}: ${[command, ...parameters].join(' ')}`);
  const startedMs = performance.now();
  const { status, signal, error } = spawnSync(path.join(binFolder, command), parameters, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const reason = error?.message ?? (signal === null ? `exit code ${status}` : `ended by ${signal}`);
  console.log(status === 0 ? `✔ ${name} (${seconds} s)` : `✖ ${name} (${seconds} s): ${reason}`);
  return status === 0;
}

const failed = steps.filter((step) => !runStep(step));
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.map(({ name }) => name).join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;

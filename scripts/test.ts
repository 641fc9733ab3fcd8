/**
 * Runs the tests: `node scripts/test.ts [PATTERN…]`. A pattern is a glob, or any part of a test file's path.
 * The last line is `N passed, N failed, N skipped`; with CI=true in the environment a skipped test is a failure.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestRecord } from './totals-reporter.ts';

interface Part {
  readonly title: string;
  readonly files: readonly string[];
  readonly flags: readonly string[];
  /** For one test, and for one file; default: a minute. */
  readonly testTimeoutMs?: number;
}

interface PartResult {
  readonly records: readonly TestRecord[];
  /** One line for each reason why the part failed as a whole. */
  readonly faults: readonly string[];
}

const usualTestTimeoutMs = 60_000;
const partTimeoutMs = 480_000;
const interruptGraceMs = 5_000;
/** Each test file has a process of its own, and each gateway threads: what they load is compiled once. */
const compileCache = path.join(import.meta.dirname, '..', 'node_modules', '.cache', 'sluice');
const reporterPath = path.join(import.meta.dirname, 'totals-reporter.ts');

function findTests(glob: string, patterns: readonly string[]): string[] {
  const files = globSync(glob).map((file) => file.split(path.sep).join('/'));
  const isWanted = (file: string) => patterns.some((it) => file.includes(it) || path.matchesGlob(file, it));
  return files.filter((file) => patterns.length === 0 || isWanted(file)).toSorted();
}

/** What measures how long others wait, and how memory grows, has the machine to itself. */
const isMeasuring = (file: string) => /^test\/(?:endurance|soak)\//.test(file);

function planParts(patterns: readonly string[]): Part[] {
  const wanted = patterns.map((pattern) => path.normalize(pattern));
  const whole = findTests('test/**/*.test.ts', wanted);
  return [
    {
      title: 'Unit tests',
      files: findTests('src/**/*.test.ts', wanted),
      flags: ['--test-isolation=none'],
    },
    {
      title: 'Contract and whole-gateway tests',
      files: whole.filter((file) => !isMeasuring(file)),
      flags: ['--test-isolation=process', '--test-concurrency=3'],
    },
    {
      title: 'Endurance, one file after the other',
      files: whole.filter(isMeasuring),
      flags: ['--test-isolation=process', '--test-concurrency=1'],
      testTimeoutMs: 240_000,
    },
  ].filter((part) => part.files.length > 0);
}

function readRecords(recordsPath: string): TestRecord[] {
  if (!existsSync(recordsPath)) return [];
  const lines = readFileSync(recordsPath, 'utf8').split('\n');
  // The text after the last newline is empty, or a record that was cut off when the run was killed.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as TestRecord);
}

async function runPart(part: Part, recordsPath: string): Promise<PartResult> {
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      '--test',
      ...part.flags,
      `--test-timeout=${part.testTimeoutMs ?? usualTestTimeoutMs}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${reporterPath}`,
      `--test-reporter-destination=${recordsPath}`,
      ...part.files,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  );
  // On SIGINT the runner ends the processes of its test files too, which SIGKILL would leave behind.
  const interruptTimer = setTimeout(() => child.kill('SIGINT'), partTimeoutMs);
  const killTimer = setTimeout(() => child.kill('SIGKILL'), partTimeoutMs + interruptGraceMs);
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number | null; signal: string | null }>();
  child.once('error', reject);
  child.once('close', (code, signal) => resolve({ code, signal }));
  const { code, signal } = await promise;
  clearTimeout(interruptTimer);
  clearTimeout(killTimer);
  const records = readRecords(recordsPath);
  const faults: string[] = [];
  if (performance.now() - startedMs >= partTimeoutMs) {
    faults.push(`did not end within ${partTimeoutMs / 1000} s; a test may have left a server, timer or worker open.`);
  } else if (signal !== null) {
    faults.push(`ended by ${signal}.`);
  } else if (code !== 0 && !records.some(({ outcome }) => outcome === 'failed')) {
    faults.push(`node --test ended with exit code ${code}, though no test failed.`);
  }
  return { records, faults: faults.map((fault) => `${part.title}: ${fault}`) };
}

function judge(records: readonly TestRecord[], isContinuousIntegration: boolean): string[] {
  const faults: string[] = [];
  const list = (outcome: TestRecord['outcome'], complaint: string) => {
    const lines = records.filter((it) => it.outcome === outcome).map(({ name, file }) => `  ${file}: ${name}`);
    if (lines.length > 0) faults.push([complaint, ...lines].join('\n'));
  };
  list('failed', 'Failed:');
  list('empty', 'Files without a test:');
  if (isContinuousIntegration) list('skipped', 'Skipped, which CI does not allow:');
  if (!records.some(({ outcome }) => outcome === 'passed' || outcome === 'failed')) faults.push('No test ran.');
  return faults;
}

async function main(patterns: readonly string[]): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  const records: TestRecord[] = [];
  const faults: string[] = [];
  try {
    for (const [index, part] of planParts(patterns).entries()) {
      console.log(`${part.title} (${part.files.length} files)`);
      const result = await runPart(part, path.join(folder, `${index}.jsonl`));
      records.push(...result.records);
      faults.push(...result.faults);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  faults.push(...judge(records, process.env['CI'] === 'true'));
  for (const fault of faults) console.log(fault);
  const count = (outcome: TestRecord['outcome']) => records.filter((it) => it.outcome === outcome).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

await main(process.argv.slice(2));

import { formatIssues, isPosition } from '../config/issues.ts';
import type { Failure, TestResult } from '../expectations/play.ts';
import { printable, type Style } from './terminal.ts';

const longestName = 200;
const longestContext = 2_000;

/** What came of the tests of one file. */
export interface TestReport {
  readonly file: string;
  /** The configuration that was tested. */
  readonly config: string;
  readonly results: readonly TestResult[];
  /** Tests that the filter left out. */
  readonly skipped: number;
}

export function hasFailed({ results }: TestReport): boolean {
  return results.some(({ failures }) => failures.length > 0);
}

/** Every test on a line of its own, below it what was not as expected, and a line that counts; ends with a newline. */
export function formatReport(report: TestReport, style: Style): string {
  const lines = report.results.flatMap(({ name, failures }) => [
    `${failures.length === 0 ? style.green('pass') : style.red('FAIL')}  ${printable(name, longestName)}`,
    ...failures.flatMap((failure, index) => formatFailure(failure, failures[index + 1])),
  ]);
  return `${[...lines, '', formatSummary(report, style)].join('\n')}\n`;
}

/** What was asked is told once for all that was not as expected of it. */
function formatFailure(failure: Failure, following: Failure | undefined): string[] {
  const { path, location, context } = failure;
  const issue = formatIssues([{ path, message: describeFailure(failure), location }]);
  return following?.context === context ? [issue] : [issue, `  ${printable(context, longestContext)}`];
}

function describeFailure({ expected, actual }: Failure): string {
  return `expected ${expected}, got ${actual}`;
}

function formatSummary({ results, skipped }: TestReport, style: Style): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const passed = results.length - failed;
  const parts = [style.green(`${passed} passed`)];
  if (failed > 0) parts.push(style.red(`${failed} failed`));
  if (skipped > 0) parts.push(style.dim(`${skipped} left out`));
  return `${results.length} ${results.length === 1 ? 'test' : 'tests'}: ${parts.join(', ')} (${formatMs(totalMs(results))})`;
}

/** The same for a program. */
export function describeReport({ file, config, results, skipped }: TestReport): object {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  return {
    file,
    config,
    passed: results.length - failed,
    failed,
    skipped,
    duration_ms: roundMs(totalMs(results)),
    tests: results.map(({ name, failures, durationMs }) => ({
      name,
      passed: failures.length === 0,
      duration_ms: roundMs(durationMs),
      failures: failures.map(describeFailureFields),
    })),
  };
}

function describeFailureFields({ path, expected, actual, location, context }: Failure): object {
  const place = isPosition(location)
    ? { file: location.file, line: location.line, column: location.column }
    : { file: location.label, line: null, column: null };
  return { ...place, path, expected, actual, context };
}

function totalMs(results: readonly TestResult[]): number {
  return results.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

function formatMs(milliseconds: number): string {
  return `${roundMs(milliseconds)} ms`;
}

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { recordIssue } from '../../config/issue-record.ts';
import { formatIssues, type Issue } from '../../config/issues.ts';
import { findConfigFile } from '../../doors/file.ts';
import { runTestFile } from '../../expectations/run-test-file.ts';
import { loadTestFile, type TestFile } from '../../expectations/test-file.ts';
import { readText, UsageError, type Command, type Invocation } from '../command.ts';
import { loadConfigurationFile, readDocument } from '../load-configuration.ts';
import { shortenPath } from '../short-path.ts';
import { createStyle } from '../terminal.ts';
import { describeReport, formatReport, hasFailed, type TestReport } from '../test-report.ts';

const help = `Usage: sluice test [FILE] [--filter TEXT] [--json]

Runs the expectations that FILE has of a configuration, on a clock of their own and without a
network: the gateway is the real one, its clients, its targets and its time are not. Exit code 0
when everything is as expected, 1 when something is not or a file is wrong.

Options:
      --filter TEXT  only tests whose name holds this text
      --json         the result as one JSON object

FILE is sluice.test.yaml, .yml, .toml or .json of this folder by default.

Example:
  sluice test ./sluice.test.yaml --filter "rate limit"

  tests:
    - name: the third request in a second is refused
      steps:
        - { request: GET /users, times: 2, expect: { status: 200 } }
        - { request: GET /users, expect: { status: 429, headers: { Retry-After: 1 } } }
        - { advance: 1s }
        - { request: GET /users, expect: { status: 200 } }
`;

const fileNames: readonly string[] = ['sluice.test.yaml', 'sluice.test.yml', 'sluice.test.toml', 'sluice.test.json'];

export const testCommand: Command = {
  name: 'test',
  summary: 'Run the expectations written beside a configuration, without a network.',
  help,
  options: { filter: { type: 'string' }, json: { type: 'boolean' } },
  run: runTests,
};

async function runTests(invocation: Invocation): Promise<number> {
  const { values, output, errors, env } = invocation;
  const file = nameFile(invocation);
  if (file === null) {
    errors.write(`There are no tests: no ${fileNames.join(', ')} in ${invocation.cwd}.\n`);
    return 1;
  }
  const ran = await testFile(file, invocation);
  if ('issues' in ran) {
    if (values['json'] === true) output.write(`${JSON.stringify({ file, issues: ran.issues.map(recordIssue) })}\n`);
    else errors.write(`${formatIssues(ran.issues)}\n`);
    return 1;
  }
  if (values['json'] === true) output.write(`${JSON.stringify(describeReport(ran))}\n`);
  else output.write(formatReport(ran, createStyle(output, env)));
  return hasFailed(ran) ? 1 : 0;
}

async function testFile(file: string, { values, env, cwd }: Invocation): Promise<TestReport | { issues: Issue[] }> {
  const read = await readDocument(file, env);
  if ('issues' in read) return read;
  const { document } = read;
  const loaded = loadTestFile(document);
  if ('issues' in loaded) return loaded;
  const configFile = nameConfig(loaded.file, file, cwd);
  if (configFile === null) {
    const message = 'the folder of the tests has no configuration: name one as "config"';
    return { issues: [{ path: 'config', message, location: document.locate([]) }] };
  }
  // Nothing of the process's environment: the tests give the same result everywhere.
  const configured = await loadConfigurationFile(configFile, loaded.file.variables);
  if ('issues' in configured) return { issues: [...configured.issues] };
  const filter = readText(values, 'filter', '');
  const parts = { file: loaded.file, document, config: configured.config, policies: configured.definitions, filter };
  const ran = await runTestFile(parts);
  if ('issues' in ran) return ran;
  const skipped = loaded.file.tests.length - ran.results.length;
  if (ran.results.length === 0) throw new UsageError(`no test has ${JSON.stringify(filter)} in its name.`);
  return { file, config: configFile, results: ran.results, skipped };
}

function nameFile({ positionals, cwd }: Invocation): string | null {
  const [named, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`one FILE is expected, but ${JSON.stringify(extra)} is given too.`);
  const found = fileNames.find((name) => existsSync(join(cwd, name)));
  if (named === undefined && found === undefined) return null;
  return shortenPath(resolve(cwd, named ?? found ?? ''), cwd);
}

/** The configuration that a file of tests is about: as it names it, or the one beside it. */
function nameConfig({ config }: TestFile, file: string, cwd: string): string | null {
  const folder = dirname(resolve(cwd, file));
  const path = config === undefined ? findConfigFile(folder) : resolve(folder, config);
  return path === undefined ? null : shortenPath(path, cwd);
}

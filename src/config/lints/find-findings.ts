import { createIssue } from '../document.ts';
import { isPosition, sortIssues, type Issue } from '../issues.ts';
import { allLints } from './all-lints.ts';
import type { LintedConfig } from './lint.ts';

/** What is doubtful in a configuration, in the order of its source, but for what it says is not to be told. */
export function findFindings(linted: LintedConfig): Issue[] {
  const { config, document } = linted;
  const found = allLints
    .filter(({ number }) => !config.lint.ignore.includes(number))
    .flatMap((lint) =>
      Array.from(lint.find(linted), (finding) => ({
        ...createIssue(document, finding.path, finding),
        lint: lint.number,
      })),
    );
  return sortIssues(
    found.filter(({ location, lint }) => {
      return !isPosition(location) || document.ignoredLints.get(location.line)?.includes(lint) !== true;
    }),
  );
}

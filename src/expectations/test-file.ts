import { z } from 'zod';
import { createIssue, type Document } from '../config/document.ts';
import { sortIssues, type Issue } from '../config/issues.ts';
import { createSchemaIssues, retypeReferences } from '../config/schema-issues.ts';
import { checkedText, duration, section, wholeNumber } from '../config/units.ts';
import { step } from './step-schema.ts';
import { scalarText } from './text-condition.ts';

const defaultStart = '2026-01-01T00:00:00Z';

const storedKey = section({
  name: z.string({ error: 'expected a name for the key' }).min(1, { error: 'expected a name for the key' }),
  secret: checkedText('expected the key itself', (text) =>
    /^[!-~]{1,256}$/.test(text) ? undefined : { problem: 'expected 1 to 256 visible ASCII characters without a space' },
  ),
  /** Requests a minute. */
  rate_limit: wholeNumber(1, 1_000_000_000).optional(),
  permissions: z.array(z.string(), { error: 'expected a list of routes and prefixes of paths' }).prefault([]),
  expires_after: duration().optional(),
});

const test = section({
  name: z.string({ error: 'expected what the test shows' }).min(1, { error: 'expected what the test shows' }),
  steps: z
    .array(step, { error: 'expected a list of steps such as [{ request: GET /, expect: { status: 200 } }]' })
    .min(1, { error: 'a test needs at least one step such as { request: GET /, expect: { status: 200 } }' }),
});

const testFile = section({
  config: z.string({ error: 'expected the path of a configuration' }).min(1, { error: 'expected a path' }).optional(),
  /** For `${NAME}` in the configuration. */
  variables: z.record(z.string(), scalarText, { error: 'expected a mapping of names to texts' }).prefault({}),
  /** When every test begins. */
  starts_at: checkedText(`expected a time such as ${defaultStart}`, findTimeProblem)
    .prefault(defaultStart)
    .transform((text) => Date.parse(text)),
  keys: z.array(storedKey, { error: 'expected a list of keys such as [{ name: app, secret: abc }]' }).prefault([]),
  tests: z
    .array(test, { error: 'expected a list of tests such as [{ name: …, steps: […] }]' })
    .min(1, { error: 'there is no test: write at least one with a name and steps' }),
});

/** Tests as a file holds them, checked; its lists have the order of the document. */
export type TestFile = z.output<typeof testFile>;

/** Checks a document of tests. What it names is checked later, when the configuration is known. */
export function loadTestFile(document: Document): { file: TestFile } | { issues: Issue[] } {
  let root = document.value;
  if (root === null || root === undefined) {
    return { issues: [createIssue(document, [], { message: 'the file is empty: it needs "tests"' })] };
  }
  let parsed = testFile.safeParse(root);
  if (!parsed.success) {
    root = retypeReferences(parsed.error.issues, document, root);
    parsed = testFile.safeParse(root);
  }
  const found = parsed.success ? [] : createSchemaIssues(parsed.error.issues, { document, root, schema: testFile });
  // What is said of a value whose variable is not set would be said of the reference's own text.
  const unresolved = new Set(document.issues.map((issue) => issue.path));
  const issues = [...document.issues, ...found.filter((issue) => !unresolved.has(issue.path))];
  return parsed.success && issues.length === 0 ? { file: parsed.data } : { issues: sortIssues(issues) };
}

function findTimeProblem(text: string): { problem: string } | undefined {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  return isTime && !Number.isNaN(Date.parse(text)) ? undefined : { problem: `expected a time such as ${defaultStart}` };
}

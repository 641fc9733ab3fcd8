import type { PolicyDefinition } from '../core/policy.ts';
import { checkMeaning } from './check.ts';
import { createIssue, isSecretValue, type Document } from './document.ts';
import type { DocumentPath } from './document-path.ts';
import { sortIssues, type Issue } from './issues.ts';
import { checkPolicyOrder } from './policy-order.ts';
import { checkPolicyTemplates } from './policy-templates.ts';
import { createConfigSchema, type Config } from './schema.ts';
import { createSchemaIssues, retypeReferences } from './schema-issues.ts';
import { describeValue, isSecretPath } from './secrets.ts';

/**
 * Checks a document against the configuration language and fills in the defaults.
 *
 * @param policies those that the configuration may use
 * @returns the configuration, and the document's value with numbers and booleans where variables stood for them; or every
 * issue at once in the order of the source
 */
export function loadConfig(
  document: Document,
  policies: readonly PolicyDefinition[] = [],
): { config: Config; written: unknown } | { issues: Issue[] } {
  let root = document.value;
  if (root === null || root === undefined) return { issues: [describeEmpty(document)] };
  const configSchema = createConfigSchema(policies);
  let parsed = configSchema.safeParse(root);
  if (!parsed.success) {
    const retyped = retypeReferences(parsed.error.issues, document, root);
    if (retyped !== root) {
      root = retyped;
      parsed = configSchema.safeParse(root);
    }
  }
  const found: Issue[] = [];
  if (!parsed.success) {
    found.push(...createSchemaIssues(parsed.error.issues, { document, root, schema: configSchema }));
  }
  if (parsed.success) {
    found.push(...checkPolicyOrder(parsed.data, policies).map((one) => createIssue(document, one.path, one)));
  }
  const show = (path: DocumentPath, value: unknown) =>
    describeValue(value, isSecretPath(path) || isSecretValue(document, path));
  found.push(...checkPolicyTemplates(root, policies).map((one) => createIssue(document, one.path, one)));
  found.push(...checkMeaning(root, show).map((complaint) => createIssue(document, complaint.path, complaint)));
  // What is said of a value whose variable is not set would be said of the reference's own text.
  const unresolved = new Set(document.issues.map((issue) => issue.path));
  const issues = [...document.issues, ...found.filter((issue) => !unresolved.has(issue.path))];
  if (parsed.success && issues.length === 0) return { config: parsed.data, written: root };
  return { issues: sortIssues(issues) };
}

function describeEmpty(document: Document): Issue {
  return createIssue(document, [], {
    message: 'the configuration is empty: it needs "listeners", and "upstreams" and "routes" to serve anything',
  });
}

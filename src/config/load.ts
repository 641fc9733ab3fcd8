import type { PolicyDefinition } from '../core/policy.ts';
import { checkMasked } from './check-masked.ts';
import type { CheckContext } from './check-complaint.ts';
import { checkMeaning } from './check.ts';
import { createIssue, isSecretValue, type Document } from './document.ts';
import { isPosition, sortIssues, type Issue } from './issues.ts';
import { checkPolicyOrder } from './policy-order.ts';
import { checkPolicyTemplates } from './policy-templates.ts';
import { findMarkedSecrets } from './resolved-document.ts';
import { createConfigSchema, type Config } from './schema.ts';
import { createSchemaIssues, findMeantKeys, retypeReferences } from './schema-issues.ts';
import { describeValue, isSecretPath } from './secrets.ts';

/** To compile a schema takes longer than it saves where it is used once. */
const once = { jitless: true };

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
  let parsed = configSchema.safeParse(root, once);
  if (!parsed.success) {
    const retyped = retypeReferences(parsed.error.issues, document, root);
    if (retyped !== root) {
      root = retyped;
      parsed = configSchema.safeParse(root, once);
    }
  }
  const found: Issue[] = [];
  let meant: ReadonlySet<string> = new Set();
  if (parsed.success) {
    found.push(...checkPolicyOrder(parsed.data, policies).map((one) => createIssue(document, one.path, one)));
  } else {
    const parts = { document, root, schema: configSchema };
    found.push(...createSchemaIssues(parsed.error.issues, parts));
    meant = findMeantKeys(parsed.error.issues, parts);
  }
  const findMarked = () => (parsed.success ? findMarkedSecrets(document, root, policies) : new Set<string>());
  const masked = checkMasked(root, findMarked).map((one) => createIssue(document, one.path, one));
  found.push(...checkPolicyTemplates(root, policies).map((one) => createIssue(document, one.path, one)));
  found.push(...checkMeaning(root, contextOf(document)).map((one) => createIssue(document, one.path, one)));
  // What is said of a value whose variable is not set would be said of the reference's own text, and so with a mask.
  const told = new Set([...document.issues, ...masked].map((issue) => issue.path));
  const others = found.filter(({ path, message }) => {
    return !told.has(path) && !(message.startsWith('is required') && meant.has(path));
  });
  const issues = [...document.issues, ...masked, ...others];
  if (parsed.success && issues.length === 0) return { config: parsed.data, written: root };
  return { issues: sortIssues(issues) };
}

function contextOf(document: Document): CheckContext {
  return {
    show: (path, value) => describeValue(value, isSecretPath(path) || isSecretValue(document, path)),
    lineOf: (path) => {
      const location = document.locate(path);
      return isPosition(location) ? location.line : null;
    },
  };
}

function describeEmpty(document: Document): Issue {
  return createIssue(document, [], {
    message: 'the configuration is empty: it needs "listeners", and "upstreams" and "routes" to serve anything',
  });
}

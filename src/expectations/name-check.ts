import { parseTargetUrl } from '../config/address.ts';
import type { Complaint } from '../config/complaint.ts';
import { createIssue, type Document } from '../config/document.ts';
import type { DocumentPath } from '../config/document-path.ts';
import { sortIssues, type Issue } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import { gatewayPaths } from '../core/gateway-paths.ts';
import { nearest } from '../lib/edit-distance.ts';
import type { Expectation, Step } from './step-schema.ts';
import type { TestFile } from './test-file.ts';

/** The names that a configuration has, by what they are names of. */
interface KnownNames {
  readonly route: readonly string[];
  readonly upstream: readonly string[];
  readonly target: readonly string[];
  readonly policy: readonly string[];
  /** Names of keys, and of whom policies know by their options; null where a policy may find anybody. */
  readonly consumer: readonly string[] | null;
}

type Complain = (path: DocumentPath, complaint: Complaint) => void;

/** Finds what tests name and the configuration does not have: such a test would prove nothing. */
export function checkNames(
  file: TestFile,
  { document, config, policies }: { document: Document; config: Config; policies: readonly PolicyDefinition[] },
): Issue[] {
  const issues: Issue[] = [];
  const names: KnownNames = {
    route: [...gatewayPaths('all'), ...config.routes].map((route) => route.name),
    upstream: Object.keys(config.upstreams),
    target: Object.values(config.upstreams).flatMap(({ targets }) => targets.map(({ url }) => url)),
    policy: policies.map(({ name }) => name),
    consumer: consumersOf(file, config, policies),
  };
  const complain: Complain = (path, complaint) => void issues.push(createIssue(document, path, complaint));
  for (const [testIndex, test] of file.tests.entries()) {
    for (const [stepIndex, step] of test.steps.entries()) {
      new StepNames(names, ['tests', testIndex, 'steps', stepIndex], complain).check(step);
    }
  }
  return sortIssues(issues);
}

function consumersOf(file: TestFile, config: Config, policies: readonly PolicyDefinition[]): string[] | null {
  const names = [...config.keys, ...file.keys].map((key) => key.name);
  for (const { name, options } of [...config.policies, ...config.routes.flatMap((route) => route.policies)]) {
    const definition = policies.find((known) => known.name === name);
    if (definition?.consumers !== undefined) names.push(...definition.consumers(options));
    // What is left beside keys is a policy of the user's own, which says not whom it knows.
    else if (definition?.provides?.includes('consumer') === true && definition.name !== 'api_key') return null;
  }
  return names;
}

class StepNames {
  private readonly names: KnownNames;
  private readonly path: DocumentPath;
  private readonly complain: Complain;

  constructor(names: KnownNames, path: DocumentPath, complain: Complain) {
    this.names = names;
    this.path = path;
    this.complain = complain;
  }

  check(step: Step): void {
    this.checkName('upstream', step.upstream, ['upstream']);
    this.checkName('target', step.target?.url, ['target']);
    for (const key of ['healthy', 'unhealthy'] as const) {
      // One target may be written without a list around it.
      for (const { url } of step[key] ?? []) this.checkName('target', url, [key]);
    }
    if (step.expect !== undefined) this.checkExpectation(step.expect);
  }

  private checkExpectation(expect: Expectation): void {
    for (const kind of ['route', 'upstream', 'policy', 'consumer'] as const) {
      this.checkName(kind, expect[kind] ?? undefined, ['expect', kind]);
    }
    this.checkName('target', expect.target?.url, ['expect', 'target']);
    for (const [index, { url }] of (expect.attempts ?? []).entries()) {
      this.checkName('target', url, ['expect', 'attempts', index]);
    }
    for (const written of Object.keys(expect.spread ?? {})) {
      const target = parseTargetUrl(written);
      this.checkName('target', 'url' in target ? target.url : written, ['expect', 'spread', written]);
    }
  }

  private checkName(kind: keyof KnownNames, name: string | undefined, path: DocumentPath): void {
    const known = this.names[kind];
    if (name === undefined || known === null || known.includes(name)) return;
    const suggestion = nearest(name, known);
    const there = known.length === 0 ? `it has no ${kind}` : `known are ${[...new Set(known)].join(', ')}`;
    const message = `the configuration has no ${kind} ${JSON.stringify(name)}`;
    const whole = [...this.path, ...path];
    if (suggestion === undefined) this.complain(whole, { message: `${message}: ${there}` });
    else this.complain(whole, { message, suggestion });
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../core/policy.ts';
import { noPolicies } from '../snapshot/compile-policies.ts';
import type { Route } from '../snapshot/snapshot.ts';
import { JudgedRequest } from './judged-request.ts';
import { runPolicies, type PolicySubject } from './run-policies.ts';

const defect = new Error('this answer cannot be written');

class Subject extends JudgedRequest implements PolicySubject {
  awaitsVerdict = false;
  readonly recorded = false;
  readonly failed = Promise.withResolvers<unknown>();

  admit(): void {
    this.failed.reject(new Error('it was admitted'));
  }

  obey(): void {
    throw defect;
  }

  failPolicy(_policy: unknown, error: unknown): void {
    this.failed.resolve(error);
  }
}

const answer = { status: 200, fields: [], body: '' };
const policies: readonly [when: string, policy: Policy][] = [
  ['at once', { onRequest: () => answer }],
  ['later', { onRequest: async () => await Promise.resolve(answer) }],
];
for (const [when, policy] of policies) {
  test(`a verdict that is given ${when} and cannot be carried out is a failure of its policy`, async () => {
    const named = { name: 'mine', order: 0, policy, bodyLimit: 0 };
    const route = { policies: { ...noPolicies, onRequest: [named] } } as unknown as Route;
    const subject = new Subject();
    runPolicies(subject, route, 0);
    assert.equal(await subject.failed.promise, defect);
    assert.equal(subject.refusedBy, named);
  });
}

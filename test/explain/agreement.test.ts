import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Explanation } from '../../src/core/explanation.ts';
import type { RequestInQuestion } from '../../src/core/request-in-question.ts';
import { Explainer } from '../../src/explain/explainer.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import type { Outcome } from '../../src/simulation/request-run.ts';
import { SimulatedGateway } from '../../src/simulation/simulated-gateway.ts';
import { usualAnswer } from '../../src/simulation/target-behaviour.ts';
import { LookingLimiters } from '../../src/state/shared-limiter.ts';
import { Pool } from '../../src/upstream/pool.ts';
import { generatedDocument, generatedEvent, generatedQuestion } from './generated-gateway.ts';

// What an explanation says is compared with what becomes of the same request, in the same state, a moment later: on the
// real data plane, whose clients, targets and clock are simulated.

const run = fc.record({
  document: generatedDocument,
  steps: fc.array(fc.record({ question: generatedQuestion, event: generatedEvent }), { minLength: 1, maxLength: 10 }),
});

/** Fields of the gateway's own answers that an explanation leaves out, since they say nothing of the request. */
const unexplained = new Set(['date', 'content-length', 'connection', 'x-request-id', 'x-correlation-id']);

function createPair(document: object): { gateway: SimulatedGateway; explainer: Explainer } | null {
  const loaded = loadConfig(documentFromValue(document, 'test'), builtInPolicies);
  if ('issues' in loaded) return null;
  const { config } = loaded;
  const gateway = new SimulatedGateway({
    config,
    policies: builtInPolicies,
    storedKeys: [],
    wallTimeMs: Date.UTC(2026, 0, 1),
  });
  const { program, state, clock, keys } = gateway.inside;
  const explainer = new Explainer({
    program,
    state,
    live: true,
    definitions: builtInPolicies,
    clock,
    keys,
    limiters: new LookingLimiters(state, clock),
    simulated: { sharedClock: clock, random: () => 0.5, createPool: (_key, init) => new Pool(init) },
  });
  return { gateway, explainer };
}

async function ask(gateway: SimulatedGateway, question: RequestInQuestion): Promise<Outcome> {
  const { method, url, headers, clientIp, bodyBytes } = question;
  const body = bodyBytes === null ? null : Buffer.alloc(bodyBytes, 'x');
  const started = gateway.begin({ method, path: url, fields: headers, body, clientIp });
  await gateway.complete(started);
  return started.outcome;
}

function compare(explanation: Explanation, outcome: Outcome): void {
  assert.equal(explanation.route, outcome.route);
  if (explanation.status !== null) {
    assert.deepEqual([explanation.status, explanation.code], [outcome.status, outcome.code]);
    assert.deepEqual(outcome.attempts, []);
    return compareAnswers(explanation, outcome);
  }
  // Simulated workers have nothing behind the endpoints of the gateway's own.
  if (explanation.route?.startsWith('gateway:') === true) return assert.equal(outcome.status, 200);
  const byChance = explanation.upstreams.filter(({ share }) => share > 0).map(({ refusal }) => refusal);
  if (outcome.attempts.length === 0 && byChance.length > 1 && byChance.some((code) => code === outcome.code)) return;
  assert.notEqual(outcome.attempts.length, 0, `nobody was asked: ${outcome.code}`);
  if (explanation.upstream !== null) assert.equal(explanation.upstream, outcome.upstream);
  if (explanation.target !== null) assert.equal(explanation.target, outcome.attempts[0]);
  compareSent(explanation, outcome);
}

function compareAnswers({ answer }: Explanation, { fields, body }: Outcome): void {
  assert.ok(answer !== null);
  const told = answer.fields.filter(([name]) => !unexplained.has(name.toLowerCase()));
  const written = fields.filter(([name]) => !unexplained.has(name.toLowerCase()));
  assert.deepEqual(told.map(String).toSorted(), written.map(String).toSorted());
  if (body !== '' && !body.includes('request_id')) assert.equal(answer.body, body);
}

/** Only where one target was asked, and its request is the one that was told. */
function compareSent({ sent }: Explanation, { attempts, forwarded }: Outcome): void {
  if (sent === null || forwarded === null || attempts.length !== 1 || attempts[0] !== sent.target) return;
  const told = sent.fields.map((line) => line.replace(/^((?:x-request-id|x-correlation-id|traceparent):).*/i, '$1'));
  const written = forwarded.fields
    .map(([name, value]) => `${name}: ${isSecret(name) ? '***' : value}`)
    .map((line) => line.replace(/^((?:x-request-id|x-correlation-id|traceparent):).*/i, '$1'));
  assert.equal(sent.line, `${forwarded.method} ${forwarded.path} HTTP/1.1`);
  assert.deepEqual(told, written);
}

function isSecret(name: string): boolean {
  return ['authorization', 'cookie', 'x-api-key'].includes(name.toLowerCase());
}

test('what is explained is what happens next, and explaining it changes nothing', async () => {
  let compared = 0;
  const digest = (gateway: SimulatedGateway) => hash('sha256', new Uint8Array(gateway.inside.state.buffer));
  await fc.assert(
    fc.asyncProperty(run, async ({ document, steps }) => {
      const pair = createPair(document);
      fc.pre(pair !== null);
      const { gateway, explainer } = pair;
      try {
        for (const { question, event } of steps) {
          if (event.kind === 'passes') await gateway.advance(event.milliseconds);
          else if (event.kind === 'health') gateway.setHealth({ url: event.url }, event.healthy);
          else if (event.kind === 'behaves' && event.answer === 'refuses') gateway.behave(event, { kind: 'refuses' });
          else if (event.kind === 'behaves') {
            const answer = { ...usualAnswer, status: Number(event.answer) };
            gateway.behave({ upstream: event.upstream }, { kind: 'answers', answers: [answer] });
          }
          const before = digest(gateway);
          const explanation = await explainer.explain(question);
          assert.equal(digest(gateway), before, 'the shared memory has changed');
          compare(explanation, await ask(gateway, question));
          compared += 1;
        }
      } finally {
        explainer.close();
        await gateway.close();
      }
    }),
    { numRuns: 120 },
  );
  assert.ok(compared > 300, `only ${compared} requests were compared`);
});

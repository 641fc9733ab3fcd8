import { parseTargetUrl } from '../config/address.ts';
import type { Document } from '../config/document.ts';
import { formatPath, type DocumentPath } from '../config/document-path.ts';
import type { Location } from '../config/issues.ts';
import { SimulatedGateway, type SimulatedGatewayInit } from '../simulation/simulated-gateway.ts';
import type { Outcome, RequestRun } from '../simulation/request-run.ts';
import { usualAnswer, type SimulatedAnswer, type TargetBehaviour } from '../simulation/target-behaviour.ts';
import { compareOutcome, compareSpread, type Mismatch } from './compare.ts';
import { createRequest } from './create-request.ts';
import { describeOutcome } from './describe-outcome.ts';
import type { AnswerStep, Step } from './step-schema.ts';
import type { TestFile } from './test-file.ts';

/** Something that a test expected and that was not so. */
export interface Failure extends Omit<Mismatch, 'path'> {
  /** Such as `headers.Retry-After`; empty for what concerns the whole step. */
  readonly path: string;
  readonly location: Location;
  /** What was asked and what became of it. */
  readonly context: string;
}

export interface TestResult {
  readonly name: string;
  /** Empty where everything was as expected. */
  readonly failures: readonly Failure[];
  /** Of real time. */
  readonly durationMs: number;
}

export type TestCase = TestFile['tests'][number];

/** What every test of a file begins with. */
export interface PlayContext {
  readonly document: Document;
  readonly gateway: SimulatedGatewayInit;
}

/** Runs one test on a gateway of its own. `index` is its place in the file. */
export async function playTest(test: TestCase, index: number, ctx: PlayContext): Promise<TestResult> {
  const startedMs = performance.now();
  const player = new TestPlayer(test, index, ctx);
  const failures = await player.play();
  return { name: test.name, failures, durationMs: performance.now() - startedMs };
}

/** The requests of one step. */
interface StepRuns {
  readonly step: Step;
  readonly path: DocumentPath;
  readonly runs: readonly RequestRun[];
}

class TestPlayer {
  private readonly test: TestCase;
  private readonly index: number;
  private readonly document: Document;
  private readonly gateway: SimulatedGateway;
  private readonly failures: Failure[] = [];
  private readonly unfinished: StepRuns[] = [];
  private logged = 0;

  constructor(test: TestCase, index: number, ctx: PlayContext) {
    this.test = test;
    this.index = index;
    this.document = ctx.document;
    this.gateway = new SimulatedGateway(ctx.gateway);
  }

  async play(): Promise<readonly Failure[]> {
    let path: DocumentPath = ['tests', this.index];
    try {
      for (const [index, step] of this.test.steps.entries()) {
        path = ['tests', this.index, 'steps', index];
        await this.take(step, path);
      }
      for (const rest of this.unfinished) await this.finish(rest);
    } catch (error) {
      // What went wrong outside of the gateway is told as that, and the other tests go on.
      const actual = error instanceof Error ? error.message : String(error);
      this.fail(path, { path: [], expected: 'the step to run', actual }, this.test.name);
    } finally {
      await this.gateway.close();
    }
    return this.failures;
  }

  private async take(step: Step, path: DocumentPath): Promise<void> {
    const { gateway } = this;
    if (step.request !== undefined) return await this.ask(step, step.request, path);
    if (step.advance !== undefined) return await gateway.advance(step.advance);
    for (const { url } of step.healthy ?? []) gateway.setHealth({ url }, true);
    for (const { url } of step.unhealthy ?? []) gateway.setHealth({ url }, false);
    const behaviour = behaviourOf(step);
    if (behaviour !== null) gateway.behave({ upstream: step.upstream, url: step.target?.url }, behaviour);
    await gateway.settle();
  }

  private async ask(step: Step, line: string, path: DocumentPath): Promise<void> {
    const request = createRequest(step, line);
    const runs: RequestRun[] = [];
    for (let count = 0; count < (step.times ?? 1); count += 1) {
      const run = this.gateway.begin(request);
      runs.push(run);
      if (step.wait !== false) await this.gateway.complete(run);
    }
    if (step.wait !== false) return this.judge({ step, path, runs });
    await this.gateway.settle();
    this.unfinished.push({ step, path, runs });
  }

  private async finish(asked: StepRuns): Promise<void> {
    for (const run of asked.runs) await this.gateway.complete(run);
    this.judge(asked);
  }

  /** Tells the first request of the step that is not as expected; those after it mostly fail for the same reason. */
  private judge({ step, path, runs }: StepRuns): void {
    const { expect } = step;
    const reason = this.takeLogged();
    if (expect === undefined) return;
    const outcomes = runs.map((run) => run.outcome);
    const at = [...path, 'expect'];
    for (const [index, outcome] of outcomes.entries()) {
      const found = compareOutcome(expect, outcome);
      if (found.length === 0) continue;
      const count = runs.length === 1 ? '' : `request ${index + 1} of ${runs.length}: `;
      const context = `${count}${step.request ?? ''} → ${describeOutcome(outcome)}${reason}`;
      for (const mismatch of found) this.fail(at, mismatch, context);
      return;
    }
    if (expect.spread === undefined) return;
    const context = `${runs.length} requests: ${step.request ?? ''} → ${describeSpread(outcomes)}`;
    for (const mismatch of compareSpread(expect.spread, outcomes, normaliseTarget)) this.fail(at, mismatch, context);
  }

  private fail(base: DocumentPath, { path, expected, actual }: Mismatch, context: string): void {
    const location = this.document.locate([...base, ...path]);
    this.failures.push({ path: formatPath(path), expected, actual, location, context });
  }

  /** What the gateway has written to its log since this was asked last. */
  private takeLogged(): string {
    const fresh = this.gateway.logged.slice(this.logged);
    this.logged = this.gateway.logged.length;
    const [first] = fresh;
    if (first === undefined) return '';
    const { policy, reason } = first.fields;
    const subject = policy === undefined ? '' : ` (${policy})`;
    const cause = reason === undefined ? '' : `: ${String(reason).split('\n')[0]}`;
    return `; the gateway's log: ${first.message}${subject}${cause}`;
  }
}

function behaviourOf(step: Step): TargetBehaviour | null {
  if (step.answers !== undefined) return { kind: 'answers', answers: step.answers.map(createAnswer) };
  for (const kind of ['refuses', 'unreachable', 'hangs', 'resets'] as const) if (step[kind] === true) return { kind };
  return null;
}

function createAnswer({ status, headers, body, json, delay, broken }: AnswerStep): SimulatedAnswer {
  const type = json === undefined ? 'text/plain' : 'application/json';
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    status,
    fields: hasType ? headers : [['Content-Type', type], ...headers],
    body: json === undefined ? (body ?? usualAnswer.body) : JSON.stringify(json),
    delayMs: delay,
    broken,
  };
}

function describeSpread(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { target } of outcomes) counts.set(target ?? 'no target', (counts.get(target ?? 'no target') ?? 0) + 1);
  return [...counts].map(([target, count]) => `${target}: ${count}`).join(', ');
}

function normaliseTarget(written: string): string {
  const target = parseTargetUrl(written);
  return 'url' in target ? target.url : written;
}

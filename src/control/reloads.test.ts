import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPosition } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';
import type { LogFields } from '../core/ports.ts';
import { ConfigRefusal } from './config-refusal.ts';
import type { SourcedConfig } from './config-source.ts';
import { configOf } from './fixtures/config-of.ts';
import { Reloads } from './reloads.ts';
import { createRunningProgram, type LoadedProgram, type RunningProgram } from './running-program.ts';

interface Bench {
  readonly reloads: Reloads;
  /** What the source gives. */
  readonly source: { result: SourcedConfig | Error; loads: number; watched: readonly string[] };
  /** Configurations that were brought into use; each waits until it is let go. */
  readonly applied: { readonly config: Config; settle(result: boolean | Error): void }[];
  readonly logged: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  readonly clock: { wallMs: number };
}

const first = configOf({ a: ['http://h:1'] });
const second = configOf({ b: ['http://h:1'] });

function runningOf(config: Config, version: number): RunningProgram {
  const slots = { routes: {}, upstreams: {}, targets: {} };
  const program = { config, policyModules: [] };
  return createRunningProgram({ program, version, loadedAtMs: 0, slots, before: new Map() });
}

function createBench(): Bench {
  const source: Bench['source'] = { result: { config: first }, loads: 0, watched: ['sluice.yaml'] };
  const applied: Bench['applied'] = [];
  const logged: Bench['logged'] = [];
  const clock = { wallMs: 1_000 };
  let current = runningOf(first, 1);
  const programs = {
    get current() {
      return current;
    },
    isServed: ({ config }: LoadedProgram) => config === current.config,
    async apply({ config }: LoadedProgram): Promise<boolean> {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      applied.push({ config, settle: (result) => (result instanceof Error ? reject(result) : resolve(result)) });
      const changed = await promise;
      if (changed) current = runningOf(config, current.version + 1);
      return changed;
    },
  };
  const reloads = new Reloads({
    source: {
      description: 'sluice.yaml',
      get watched() {
        return source.watched;
      },
      async load() {
        source.loads += 1;
        if (source.result instanceof Error) throw source.result;
        return source.result;
      },
    },
    programs,
    clock: { now: () => 0, wallTime: () => clock.wallMs },
    logger: { log: (level, message, fields = {}) => void logged.push({ level, message, fields }) },
  });
  return { reloads, source, applied, logged, clock };
}

/** Lets everything happen that waits for nothing outside. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

test('a configuration that can be served is, and the log says by whom it was asked for', async () => {
  const { reloads, applied, logged, source, clock } = createBench();
  source.result = { config: second };
  clock.wallMs = 5_000;
  const outcome = reloads.request('SIGHUP');
  await settle();
  assert.equal(applied[0]?.config, second);
  applied[0].settle(true);
  assert.deepEqual(await outcome, { status: 'success', version: 2, changed: true });
  assert.deepEqual(reloads.counts, { successes: 1, failures: 0, lastSuccessMs: 5_000 });
  const [line] = logged;
  assert.deepEqual([line?.level, line?.message], ['info', 'the configuration has been reloaded']);
  assert.partialDeepStrictEqual(line?.fields, { cause: 'SIGHUP', source: 'sluice.yaml', version: 2 });
});

test('one in which nothing has changed keeps its version', async () => {
  const { reloads, applied, logged } = createBench();
  const outcome = reloads.request('SIGHUP');
  await settle();
  applied[0]?.settle(false);
  assert.deepEqual(await outcome, { status: 'success', version: 1, changed: false });
  assert.equal(logged[0]?.message, 'the configuration is as it was');
});

test('what only the running gateway finds wrong is told with its place in the document', async () => {
  const { reloads, applied, source } = createBench();
  const asked: unknown[] = [];
  const locate = (path: readonly (string | number)[]) => {
    asked.push(path);
    return { file: 'sluice.yaml', line: 9, column: 2, lineText: '' };
  };
  source.result = { config: second, document: { locate } };
  const outcome = reloads.request('SIGHUP');
  await settle();
  const issues = ['workers', 'listeners[1].address', ''].map((path) => ({ path, message: 'wrong' }));
  applied[0]?.settle(new ConfigRefusal(issues));
  const result = await outcome;
  assert.ok(result.status === 'failure');
  assert.deepEqual(asked, [['workers'], ['listeners', 1, 'address']]);
  assert.deepEqual(
    result.issues.map(({ location }) => (isPosition(location) ? location.line : null)),
    [9, 9, null],
  );
});

test('one with something wrong is told once, with every issue, until one is right', async () => {
  const { reloads, applied, logged, source, clock } = createBench();
  const issues = [
    {
      path: 'routes[0].upstream',
      message: 'there is none of this name',
      location: { file: 'sluice.yaml', line: 3, column: 5, lineText: '' },
      suggestion: 'users',
    },
    { path: '', message: 'it is too large' },
  ];
  source.result = { issues };
  clock.wallMs = 7_000;
  assert.deepEqual(await reloads.request('a file has changed'), { status: 'failure', version: 1, issues });
  assert.equal(applied.length, 0);
  assert.deepEqual(reloads.failure, { atMs: 7_000, issues });
  assert.deepEqual(reloads.counts, { successes: 0, failures: 1, lastSuccessMs: 1_000 });
  assert.equal(logged.length, 1);
  assert.deepEqual(
    [logged[0]?.level, logged[0]?.fields['count'], logged[0]?.fields['issues']],
    [
      'error',
      2,
      'sluice.yaml:3:5: routes[0].upstream: there is none of this name (did you mean "users"?); it is too large',
    ],
  );
  source.result = { config: first };
  const next = reloads.request('a file has changed');
  await settle();
  applied[0]?.settle(false);
  await next;
  assert.equal(reloads.failure, null);
});

test('one that cannot be served is a failure like any other', async () => {
  const { reloads, applied } = createBench();
  const outcome = reloads.request('SIGHUP');
  await settle();
  const issues = [{ path: 'workers', message: 'this cannot change' }];
  applied[0]?.settle(new ConfigRefusal(issues));
  assert.deepEqual(await outcome, { status: 'failure', version: 1, issues });
  assert.deepEqual(reloads.failure?.issues, issues);
});

test('a defect is told with its stack, and ends nothing', async () => {
  const { reloads, source, logged } = createBench();
  source.result = new Error('out of the blue');
  const outcome = await reloads.request('SIGHUP');
  assert.ok(outcome.status === 'failure');
  assert.deepEqual(outcome.issues, [{ path: '', message: 'it could not be loaded: out of the blue' }]);
  assert.match(String(logged[0]?.fields['stack']), /out of the blue/);
});

test('what does not keep it from being served is a warning', async () => {
  const { reloads, source, applied, logged } = createBench();
  source.result = { config: second, warnings: [{ path: '', message: 'PROT is not known', suggestion: 'PORT' }] };
  const outcome = reloads.request('SIGHUP');
  await settle();
  applied[0]?.settle(true);
  await outcome;
  assert.deepEqual(
    [logged[0]?.level, logged[0]?.fields['issue']],
    ['warn', 'PROT is not known (did you mean "PORT"?)'],
  );
});

test('those that are asked for while one is under way are one, which follows it and loads what there is then', async () => {
  const { reloads, source, applied } = createBench();
  const running = reloads.request('first');
  await settle();
  const followers = ['a', 'b', 'c'].map((cause) => reloads.request(cause));
  await settle();
  assert.deepEqual([source.loads, applied.length], [1, 1]);
  source.result = { config: second };
  applied[0]?.settle(false);
  assert.equal((await running).status, 'success');
  await settle();
  assert.deepEqual([source.loads, applied.length], [2, 2]);
  assert.equal(applied[1]?.config, second);
  applied[1].settle(true);
  for (const outcome of await Promise.all(followers)) {
    assert.deepEqual(outcome, { status: 'success', version: 2, changed: true });
  }
});

test('a configuration that is handed over is served without a look at the source', async () => {
  const { reloads, source, applied } = createBench();
  const outcome = reloads.request('the program', { config: second, policyModules: [] });
  await settle();
  assert.equal(applied[0]?.config, second);
  applied[0].settle(true);
  await outcome;
  assert.equal(source.loads, 0);
});

test('what changed before anybody watched is caught up on, and what did not change is not told', async () => {
  const { reloads, source, applied, logged } = createBench();
  await reloads.catchUp();
  assert.deepEqual([applied.length, logged.length, reloads.counts.successes], [0, 0, 0]);
  source.result = { config: second };
  const caughtUp = reloads.catchUp();
  await settle();
  applied[0]?.settle(true);
  await caughtUp;
  assert.equal(reloads.counts.successes, 1);
  source.watched = [];
  source.loads = 0;
  await reloads.catchUp();
  assert.equal(source.loads, 0);
});

test('stopping lets the one under way end, refuses those that wait, and any that come', async () => {
  const { reloads, applied } = createBench();
  const running = reloads.request('first');
  await settle();
  const waiting = reloads.request('second');
  const stopped = reloads.stop();
  assert.equal((await waiting).status, 'failure');
  let isStopped = false;
  void stopped.then(() => (isStopped = true));
  await settle();
  assert.equal(isStopped, false);
  applied[0]?.settle(true);
  await stopped;
  assert.equal((await running).status, 'success');
  assert.equal((await reloads.request('third')).status, 'failure');
  assert.equal(applied.length, 1);
  assert.equal(reloads.failure, null);
});

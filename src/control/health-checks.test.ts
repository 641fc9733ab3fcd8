import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { systemClock, type LogFields } from '../core/ports.ts';
import { createSharedState } from '../state/layout.ts';
import { targetHealthy, targetUnhealthy, targetUnknown, TargetStates } from '../state/target-states.ts';
import { checkedConfig } from './fixtures/config-of.ts';
import { HealthChecks, spreadInterval } from './health-checks.ts';
import { SlotBook } from './slot-book.ts';
import { listSlotNames } from './slots.ts';

async function listen(t: TestContext, answer: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Bench {
  readonly checks: HealthChecks;
  readonly states: TargetStates;
  readonly logged: { readonly message: string; readonly fields: LogFields }[];
  /** Resolves when the checks have been recorded this many times more. */
  readonly recorded: (times: number) => Promise<void>;
  /** Goes on with these targets; each keeps its slot, those that are new get the next ones. */
  readonly update: (targets: readonly string[], health: object | false) => void;
}

const room = { routes: 10, upstreams: 10, targets: 10 };

function createBench(t: TestContext, targets: readonly string[], health: object | false): Bench {
  const book = new SlotBook(room);
  const prepare = (list: readonly string[], checked: object | false) => {
    const config = checkedConfig({ upstreams: { u: { targets: list, health: checked } } });
    const proposal = book.propose(listSlotNames(config));
    assert.ok('slots' in proposal);
    book.adopt(proposal);
    return { config, slots: proposal.slots };
  };
  const records = new EventEmitter();
  class WatchedStates extends TargetStates {
    override recordCheck(...parameters: Parameters<TargetStates['recordCheck']>): void {
      super.recordCheck(...parameters);
      // The verdict follows within the same turn.
      setImmediate(() => records.emit('record'));
    }
  }
  const states = new WatchedStates(createSharedState({ workers: 1, ...room, series: 8, buckets: 8 }));
  const logged: { message: string; fields: LogFields }[] = [];
  const logger = { log: (_: string, message: string, fields: LogFields = {}) => void logged.push({ message, fields }) };
  const checks = new HealthChecks({ ...prepare(targets, health), states, logger, clock: systemClock });
  t.after(() => checks.stop());
  return {
    checks,
    states,
    logged,
    async recorded(times) {
      for (let count = 0; count < times; count += 1) await once(records, 'record');
    },
    update(list, checked) {
      const { config, slots } = prepare(list, checked);
      checks.update(config, slots);
    },
  };
}

test('a 200 is healthy, what else a target answers is not, and each change is logged once', async (t) => {
  let status = 200;
  const paths: (string | undefined)[] = [];
  const { url } = await listen(t, (incoming, response) => {
    paths.push(incoming.url);
    response.writeHead(status, { Location: '/' }).end();
  });
  const { checks, states, logged, recorded } = createBench(t, [url], { path: '/up?x=1', interval: '10ms' });
  assert.equal(states.health(0), targetUnknown);
  checks.start();
  await recorded(2);
  assert.equal(states.health(0), targetHealthy);
  assert.equal(checks.problem(0), null);
  assert.deepEqual(logged, []);
  status = 302;
  await recorded(3);
  assert.equal(states.health(0), targetUnhealthy);
  assert.equal(checks.problem(0), 'it answered with status 302');
  status = 200;
  await recorded(3);
  assert.equal(states.health(0), targetHealthy);
  assert.equal(checks.problem(0), null);
  assert.deepEqual(logged, [
    {
      message: 'a target is unhealthy',
      fields: { upstream: 'u', target: url, reason: 'it answered with status 302' },
    },
    { message: 'a target is healthy again', fields: { upstream: 'u', target: url } },
  ]);
  assert.deepEqual([...new Set(paths)], ['/up?x=1']);
  const check = states.lastCheck(0);
  assert.ok(check !== null && check.durationMs >= 0 && Math.abs(Date.now() - check.wallTimeMs) < 60_000);
});

test('with thresholds, so many checks in a row change what a target counts as, and one in between begins anew', async (t) => {
  const statuses = [200, 500, 500, 200, 500, 500, 500, 200, 500, 200, 200];
  const seen: string[] = [];
  const names: Readonly<Record<number, string>> = {
    [targetUnknown]: 'unknown',
    [targetHealthy]: 'healthy',
    [targetUnhealthy]: 'unhealthy',
  };
  const { url } = await listen(t, (_incoming, response) => {
    seen.push(names[states.health(0)] ?? '');
    response.writeHead(statuses[seen.length - 1] ?? 200).end();
  });
  const health = { interval: '10ms', unhealthy_after: 3, healthy_after: 2 };
  const { checks, states, logged, recorded } = createBench(t, [url], health);
  checks.start();
  await recorded(statuses.length + 1);
  // What it counted as when it was asked.
  const [first, ...others] = seen.slice(0, 12);
  assert.equal(first, 'unknown');
  assert.deepEqual(others, [...new Array(6).fill('healthy'), ...new Array(4).fill('unhealthy'), 'healthy']);
  assert.deepEqual(
    logged.map(({ message }) => message),
    ['a target is unhealthy', 'a target is healthy again'],
  );
});

test('a target that has never passed a check is unhealthy only after as many as are asked for', async (t) => {
  const { url } = await listen(t, (_incoming, response) => response.writeHead(503).end());
  const { checks, states, recorded } = createBench(t, [url], { interval: '10ms', unhealthy_after: 2 });
  checks.start();
  await recorded(1);
  assert.deepEqual([states.health(0), checks.problem(0)], [targetUnknown, 'it answered with status 503']);
  await recorded(1);
  assert.equal(states.health(0), targetUnhealthy);
});

test('a target that nobody listens on is unhealthy', async (t) => {
  const { server, url } = await listen(t, () => {});
  server.close();
  await once(server, 'close');
  const { checks, states, recorded } = createBench(t, [url], { interval: '10ms' });
  checks.start();
  await recorded(1);
  assert.equal(states.health(0), targetUnhealthy);
  assert.equal(checks.problem(0), 'the connection was refused');
});

test('a target that does not answer in time is unhealthy, and is not asked again meanwhile', async (t) => {
  let asked = 0;
  const { url } = await listen(t, () => {
    asked += 1;
  });
  const { checks, states, recorded } = createBench(t, [url], { interval: '10ms', timeout: '120ms' });
  checks.start();
  await recorded(1);
  assert.equal(asked, 1);
  assert.equal(states.health(0), targetUnhealthy);
  assert.equal(checks.problem(0), 'no whole answer within 120 ms');
});

test('a target that hangs up or speaks something else is unhealthy', async (t) => {
  for (const [answer, problem] of [
    [(socket: Socket) => void socket.once('data', () => socket.end()), 'it closed the connection without an answer'],
    [
      (socket: Socket) => void socket.once('data', () => socket.end('SSH-2.0-x\r\n')),
      'its answer is not well-formed HTTP',
    ],
  ] as const) {
    const server = createTcpServer(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { checks, recorded } = createBench(t, [url], { interval: '10ms' });
    checks.start();
    await recorded(1);
    assert.equal(checks.problem(0), problem);
    await checks.stop();
  }
});

test('a body without an end does not hold up the verdict for ever', async (t) => {
  const { url } = await listen(t, (_incoming, response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write('x'.repeat(30_000)), 1);
    response.on('close', () => clearInterval(more));
  });
  const { checks, states, recorded } = createBench(t, [url], { interval: '10ms', timeout: '60s' });
  checks.start();
  await recorded(1);
  assert.equal(states.health(0), targetHealthy);
});

test('a target whose health is not checked stays unknown', async (t) => {
  let asked = 0;
  const { url } = await listen(t, (_incoming, response) => {
    asked += 1;
    response.end();
  });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { checks, states } = createBench(t, [url], false);
  checks.start();
  t.mock.timers.tick(60_000);
  await checks.stop();
  assert.equal(asked, 0);
  assert.equal(states.health(0), targetUnknown);
});

test('stopping ends a check that is under way without a verdict', async (t) => {
  const { server, url } = await listen(t, () => {});
  const { checks, states, logged } = createBench(t, [url], { interval: '10ms', timeout: '60s' });
  checks.start();
  await once(server, 'request');
  await checks.stop();
  assert.equal(states.health(0), targetUnknown);
  assert.deepEqual(logged, []);
});

test('first checks are spread over half a second, and later ones keep their interval within a tenth', (t) => {
  const delays: (number | undefined)[] = [];
  t.mock.method(globalThis, 'setTimeout', (_: () => void, delayMs?: number) => void delays.push(delayMs));
  const { checks } = createBench(t, ['http://127.0.0.1:1', 'http://127.0.0.1:2'], { interval: '10s' });
  checks.start();
  assert.equal(delays.length, 2);
  for (const delayMs of delays) assert.ok(delayMs !== undefined && delayMs >= 0 && delayMs < 500);
  assert.deepEqual(
    [0, 0.5, 1].map((random) => spreadInterval(1_000, random)),
    [900, 1_000, 1_100],
  );
});

test('another configuration goes on with the targets that stay, ends with those that go and begins with new ones', async (t) => {
  const asked = { kept: 0, gone: 0, added: 0 };
  const count = (name: keyof typeof asked) => (_incoming: unknown, response: { end(): void }) => {
    asked[name] += 1;
    response.end();
  };
  const kept = await listen(t, count('kept'));
  const gone = await listen(t, count('gone'));
  const added = await listen(t, count('added'));
  const health = { interval: '10ms' };
  const { checks, states, recorded, update } = createBench(t, [kept.url, gone.url], health);
  checks.start();
  await recorded(6);
  assert.ok(asked.kept > 0 && asked.gone > 0);
  const checkedBefore = states.lastCheck(0);
  update([kept.url, added.url], health);
  // Nothing is done to it: what is known of it stays.
  assert.deepEqual([states.health(0), states.lastCheck(0)], [targetHealthy, checkedBefore]);
  const askedOfGone = asked.gone;
  await recorded(8);
  assert.ok(asked.added > 0);
  assert.equal(states.health(2), targetHealthy);
  // One may have been on its way.
  assert.ok(asked.gone <= askedOfGone + 1);
});

test('the check of a target that goes away is given up, and is no verdict', async (t) => {
  const { server, url } = await listen(t, () => {});
  const { checks, states, logged, update } = createBench(t, [url], { interval: '10ms', timeout: '60s' });
  checks.start();
  await once(server, 'request');
  update(['http://127.0.0.1:1'], false);
  await checks.stop();
  assert.equal(states.health(0), targetUnknown);
  assert.deepEqual(logged, []);
});

test('a target that is not checked any more is not unhealthy any more', async (t) => {
  const { url } = await listen(t, (_incoming, response) => response.writeHead(500).end());
  const { checks, states, recorded, update } = createBench(t, [url], { interval: '10ms' });
  checks.start();
  await recorded(1);
  assert.equal(states.health(0), targetUnhealthy);
  update([url], false);
  assert.equal(states.health(0), targetUnknown);
  assert.equal(checks.problem(0), null);
});

test('a target that is checked in another way keeps its health until the next check', async (t) => {
  const paths: (string | undefined)[] = [];
  const { url } = await listen(t, (incoming, response) => {
    paths.push(incoming.url);
    response.writeHead(incoming.url === '/a' ? 500 : 200).end();
  });
  const { checks, states, recorded, update } = createBench(t, [url], { path: '/a', interval: '10ms' });
  checks.start();
  await recorded(1);
  update([url], { path: '/b', interval: '10ms' });
  assert.equal(states.health(0), targetUnhealthy);
  await recorded(2);
  assert.equal(states.health(0), targetHealthy);
  assert.equal(paths.at(-1), '/b');
});

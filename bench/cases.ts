import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewaySubjects, routeCount } from './gateway-subjects.ts';
import { listSecrets } from './many-keys.ts';
import { backendBody } from './nginx.ts';
import type { Subject } from './subject.ts';
import { otherSubjects, proxySubjects } from './subjects.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A proxy in a case, with the load that it gets. */
export interface Entry {
  readonly subject: Subject;
  /** What to call it in the case; default: the name of the subject. */
  readonly label?: string;
  /** Text of a script in Lua for wrk; asked for once the subject has been described. Default: the one of the case. */
  readonly script?: () => string;
  /** How long it gets load before it is measured. */
  readonly warmUpSeconds?: number;
}

/** One kind of request and answer. */
export interface Case {
  readonly name: string;
  /** What the target answers to everything. */
  readonly answer: string;
  /** The first one is what the others are compared with. */
  readonly entries: readonly Entry[];
  /** Text of a script in Lua for wrk; null: one GET for all. */
  readonly script: (() => string) | null;
}

const largeAnswerBytes = 16_384;
const postedBytes = 1_024;
/** At some 50 µs for a request with a key that no worker knows yet. */
const untilAllKeysWereSent = 12;

const all = proxySubjects.map((subject): Entry => ({ subject }));

export const cases: readonly Case[] = [
  {
    name: 'small',
    answer: backendBody,
    entries: [...all, { subject: otherSubjects.expressGateway }],
    script: null,
  },
  {
    name: '16-KiB-answers',
    answer: JSON.stringify({ text: 'x'.repeat(largeAnswerBytes - '{"text":""}'.length) }),
    entries: all,
    script: null,
  },
  {
    name: '1-KiB-posts',
    answer: backendBody,
    entries: all,
    script: () => `wrk.method = "POST"
wrk.body = string.rep("x", ${postedBytes})
wrk.headers["Content-Type"] = "application/json"
`,
  },
  {
    name: '1000-routes',
    answer: backendBody,
    // The one route is sent the same paths, so that the target and the load do the same for both.
    entries: [
      { subject: gatewaySubjects.passing, label: 'sluice, 1 route' },
      { subject: gatewaySubjects.manyRoutes, label: 'sluice, 1,000 routes' },
    ],
    script: () => `${prepareRequests(routeCount)}
make = function(at) return wrk.format("GET", "/service-" .. at .. "/users/1") end
`,
  },
  {
    name: '100000-keys',
    answer: backendBody,
    entries: [
      { subject: gatewaySubjects.manyKeys, label: 'sluice-policies, 1 key', script: () => keysScript('one') },
      {
        subject: gatewaySubjects.manyKeys,
        label: 'sluice-policies, 100,000 keys in turn',
        script: () => keysScript('in turn'),
        warmUpSeconds: untilAllKeysWereSent,
      },
      {
        subject: gatewaySubjects.manyKeys,
        label: 'sluice-policies, 100,000 keys in no order',
        script: () => keysScript('in no order'),
        warmUpSeconds: untilAllKeysWereSent,
      },
    ],
    script: null,
  },
];

/** Requests of which each one is another, in turn; `make` has to follow, a function from a number to a request. */
function prepareRequests(count: number): string {
  return `local requests, turn = {}, 0
init = function()
  for at = 0, ${count - 1} do requests[at] = make(at) end
end
request = function()
  turn = (turn + 1) % ${count}
  return requests[turn]
end
`;
}

/**
 * As many requests for one key as for many, so that the load costs the same. In no order, each run goes through all keys
 * by another stride: what a worker has learnt in one order is asked for in another.
 */
function keysScript(which: 'one' | 'in turn' | 'in no order'): string {
  const secrets = listSecrets();
  const file = join(temporaryFolder(), 'secrets.txt');
  writeFileSync(file, secrets.join('\n'));
  const stride = which === 'in no order' ? '2 * (10000 + os.time() % 20000) + 1' : '1';
  return `${prepareRequests(secrets.length)}
local secrets, count = {}, 0
for line in io.lines(${JSON.stringify(file)}) do
  secrets[count] = line
  count = count + 1
end
local stride = ${stride}
-- Of a number of requests whose only factors are 2 and 5, such a stride goes through all.
if stride % 5 == 0 then stride = stride + 2 end
make = function(at)
  wrk.headers["X-API-Key"] = secrets[${which === 'one' ? '0' : `(at * stride) % ${secrets.length}`}]
  return wrk.format("GET")
end
`;
}

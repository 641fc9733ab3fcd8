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
      { subject: gatewaySubjects.policies, label: 'sluice-policies, 1 key', script: () => oneKeyScript },
      { subject: gatewaySubjects.manyKeys, label: 'sluice-policies, 100,000 keys', script: manyKeysScript },
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

/** Through the same steps as with many keys. */
const oneKeyScript = `${prepareRequests(1)}
make = function() return wrk.format("GET") end
`;

function manyKeysScript(): string {
  const secrets = listSecrets();
  const file = join(temporaryFolder(), 'secrets.txt');
  writeFileSync(file, secrets.join('\n'));
  return `${prepareRequests(secrets.length)}
local secrets, count = {}, 0
for line in io.lines(${JSON.stringify(file)}) do
  secrets[count] = line
  count = count + 1
end
make = function(at)
  wrk.headers["X-API-Key"] = secrets[at]
  return wrk.format("GET")
end
`;
}

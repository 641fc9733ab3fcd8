import { z } from 'zod';
import { parseSubject } from '../core/subject.ts';
import type { Refusal } from './address.ts';
import { byteSize, checkedText, duration, fraction, section, targetUrl, wholeNumber } from './units.ts';

const mebibyte = 1024 * 1024;

/** How the targets of an upstream take turns, but for `hash`, which has options. */
export const balanceNames = ['round-robin', 'weighted', 'random', 'least-requests', 'p2c'] as const;

const breaker = section({
  max_failures: wholeNumber(1, 4095).prefault(5).describe('Failures in a row that open it.'),
  reset_timeout: duration().prefault('30s').describe('How long it stays open.'),
  half_open_requests: wholeNumber(1, 256)
    .prefault(3)
    .describe('Requests at once after that, which find out how the upstream is now.'),
  success_threshold: wholeNumber(1, 4095).prefault(2).describe('Successes in a row of those that close it.'),
});

const retry = section({
  attempts: wholeNumber(0, 100).prefault(3).describe('Retries after the first try.'),
  initial_delay: duration(0).prefault('100ms').describe('Before the first retry.'),
  max_delay: duration(0).prefault('5s').describe('No delay is longer.'),
  multiplier: fraction(1, 100).prefault(2).describe('Of the delay, from one retry to the next.'),
  jitter: fraction(0, 1).prefault(0.1).describe('By which part a delay is longer or shorter, by chance.'),
  budget: fraction(0, 1)
    .prefault(0.2)
    .describe('The part of the live requests that may be retries; three a second are always allowed.'),
  body_limit: byteSize(0, mebibyte).prefault('64KiB').describe('Bodies up to this size are kept to be sent again.'),
  deadline: duration().prefault('60s').describe('No retry begins later than this after its request did.'),
  unsafe_methods: z
    .boolean({ error: 'expected true or false' })
    .prefault(false)
    .describe('Repeats methods too that are not safe to repeat, such as POST.'),
});

const target = z.union(
  [
    targetUrl().transform((written) => ({ ...written, weight: 1 })),
    section({
      url: targetUrl().describe('http://host:port, without a path.'),
      weight: wholeNumber(1, 1000).prefault(1).describe('Its share of the requests, beside those of the others.'),
    }).transform(({ url, weight }) => ({
      ...url,
      weight,
    })),
  ],
  { error: 'expected a target such as http://10.0.0.1:8080 or { url: http://10.0.0.1:8080, weight: 2 }' },
);

const healthCheck = section({
  path: checkedText('expected a path such as /health', findHealthPathProblem)
    .prefault('/health')
    .describe('What is asked for; a 200 is healthy, all else is not.'),
  interval: duration(10).prefault('10s').describe('Between two checks of a target.'),
  timeout: duration().prefault('2s').describe('For the whole answer.'),
  unhealthy_after: wholeNumber(1, 100)
    .prefault(1)
    .describe('Checks in a row that have to fail before a target counts as unhealthy.'),
  healthy_after: wholeNumber(1, 100)
    .prefault(1)
    .describe('Checks in a row that have to succeed before an unhealthy target counts as healthy.'),
});

const outliers = section({
  consecutive_failures: wholeNumber(1, 4095)
    .prefault(5)
    .describe('Answers of 500 and more, time-outs and broken connections in a row.'),
  ejection_time: duration()
    .prefault('30s')
    .describe('How long a target is left out; each further time in a row as much longer.'),
  max_ejection_time: duration().prefault('5m').describe('A target is left out no longer than this.'),
  max_ejected: fraction(0, 1)
    .prefault(0.5)
    .describe("The part of the upstream's targets that may be left out at once; one always may."),
});

const hash = section({
  hash: checkedText('expected what to hash: ip, path, header:NAME or cookie:NAME', findHashProblem, {
    examples: ['ip', 'path', 'header:x-user', 'cookie:session'],
  }).describe('What decides on the target: ip, path, header:NAME or cookie:NAME.'),
  load_factor: fraction(1, 10)
    .prefault(1.25)
    .describe('No target has more than this many times its share of the requests in flight.'),
  secret: z
    .string({ error: 'expected a text of at least 16 characters' })
    .min(16, { error: 'expected a text of at least 16 characters' })
    .optional()
    .describe('What the hash is made with; several gateways with the same one choose alike. Default: by chance.'),
});

const timeouts = section({
  connect: duration().prefault('2s').describe('Until a connection is there.'),
  response: duration().prefault('30s').describe('From the last byte of the request to the head of the answer.'),
  idle: duration().prefault('60s').describe("Between two pieces of an answer's body."),
});

const pool = section({
  max_connections: wholeNumber(1, 65_536).prefault(1024).describe('To each target, from each worker.'),
  max_idle: wholeNumber(0, 65_536).prefault(256).describe('Of those, kept without a request.'),
  idle_timeout: duration()
    .prefault('60s')
    .describe("After which an idle one is closed; set it below the target's own."),
  max_waiting: wholeNumber(0, 1_000_000)
    .prefault(1024)
    .describe('Requests that wait for a connection, for each target and worker; beyond it 503.'),
  wait_timeout: duration().prefault('2s').describe('How long a request waits for a connection; beyond it 503.'),
});

export const upstream = section({
  targets: z
    .array(target, { error: 'expected a list of targets such as [http://10.0.0.1:8080]' })
    .min(1, { error: 'an upstream needs at least one target such as http://10.0.0.1:8080' })
    .describe('Who serves the requests: http://host:port, or a mapping with url and weight.'),
  balance: z
    .union([z.enum(balanceNames), hash], {
      error: `expected one of ${balanceNames.join(', ')}, or { hash: ip }`,
    })
    .prefault('round-robin')
    .describe('How a target is chosen.'),
  health: z
    .union([z.literal(false), healthCheck], { error: 'expected false or a mapping with path, interval and timeout' })
    .prefault({})
    .describe('Asks each target how it is; false: every target counts as healthy.'),
  outliers: z
    .union([z.literal(false), outliers], { error: 'expected false or a mapping with consecutive_failures and others' })
    .prefault(false)
    .describe('Leaves targets out for a while that fail live requests, whatever their health checks say.'),
  slow_start: duration(0)
    .prefault('0s')
    .describe('How long the share of a target grows after it became healthy again.'),
  breaker: z
    .union([z.literal(false), breaker], { error: 'expected false or a mapping with max_failures and others' })
    .prefault({})
    .describe('Gives an upstream that fails time to recover; false switches it off.'),
  retry: z
    .union([z.literal(false), retry], { error: 'expected false or a mapping with attempts and others' })
    .prefault({})
    .describe('Sends requests again that failed; false switches it off.'),
  timeouts: timeouts.prefault({}).describe('How long a target may take.'),
  pool: pool.prefault({}).describe('Connections to the targets.'),
});

function findHealthPathProblem(path: string): Refusal | undefined {
  if (/^\/[!-~]*$/.test(path) && !path.includes('#')) return undefined;
  return { problem: 'expected a path such as /health, of visible ASCII characters and without a fragment' };
}

function findHashProblem(text: string): Refusal | undefined {
  const subject = parseSubject(text);
  if (subject !== undefined && subject.by !== 'key' && subject.by !== 'route') return undefined;
  return { problem: 'expected what to hash: ip, path, header:NAME or cookie:NAME' };
}

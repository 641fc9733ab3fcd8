/**
 * Prints what parsing a head costs, in units of a piece of work that never changes: both by turns in this process, by
 * the processor time of this thread.
 */
import { defaultHeadLimits } from '../../src/http1/limits.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { ResponseParser } from '../../src/http1/response-parser.ts';
import { browserRequest, response, smallRequest } from '../micro/sample-messages.ts';
import { quantile } from '../statistics.ts';
import { doFixedWork } from './fixed-work.ts';

const warmUpMs = 400;
const turns = 60;
const callsInTurn = 1_500;
/** The quickest turns, in which nothing else was in the way. */
const undisturbedShare = 0.1;

const requestParser = new RequestParser(defaultHeadLimits);
const responseParser = new ResponseParser(defaultHeadLimits);
let kept = 0;

function parseAll(): void {
  for (const bytes of [smallRequest, browserRequest]) {
    requestParser.reset(defaultHeadLimits);
    requestParser.feed(bytes, 0, bytes.length);
    if (!requestParser.complete) throw new Error('a sample was refused');
    kept += requestParser.head.path.length;
  }
  responseParser.reset(defaultHeadLimits);
  responseParser.feed(response, 0, response.length);
  if (!responseParser.complete) throw new Error('a sample was refused');
}

function work(): void {
  for (const bytes of [smallRequest, browserRequest, response]) kept += doFixedWork(bytes);
}

/** Microseconds of processor time. */
function timeTurn(call: () => void): number {
  const begun = process.threadCpuUsage();
  for (let count = 0; count < callsInTurn; count += 1) call();
  const { user, system } = process.threadCpuUsage(begun);
  return user + system;
}

const untilMs = performance.now() + warmUpMs;
while (performance.now() < untilMs) {
  timeTurn(parseAll);
  timeTurn(work);
}
const [parsing, working]: [number[], number[]] = [[], []];
for (let turn = 0; turn < turns; turn += 1) {
  parsing.push(timeTurn(parseAll));
  working.push(timeTurn(work));
}
const least = (times: number[]): number => quantile(Float64Array.from(times).sort(), undisturbedShare);
process.stdout.write(`${JSON.stringify({ ratio: least(parsing) / least(working), kept, p: least(parsing), w: least(working) })}\n`);

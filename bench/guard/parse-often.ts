/** Parses three heads as many times as the parameter says, with what comes before it: for counting instructions. */
import { defaultHeadLimits } from '../../src/http1/limits.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { ResponseParser } from '../../src/http1/response-parser.ts';
import { browserRequest, response, smallRequest } from '../micro/sample-messages.ts';

const requestParser = new RequestParser(defaultHeadLimits);
const responseParser = new ResponseParser(defaultHeadLimits);

for (let left = Number(process.argv[2]); left > 0; left -= 1) {
  for (const bytes of [smallRequest, browserRequest]) {
    requestParser.reset(defaultHeadLimits);
    requestParser.feed(bytes, 0, bytes.length);
    if (!requestParser.complete) throw new Error('a sample was refused');
  }
  responseParser.reset(defaultHeadLimits);
  responseParser.feed(response, 0, response.length);
  if (!responseParser.complete) throw new Error('a sample was refused');
}

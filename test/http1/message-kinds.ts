import type { MessageKind } from './corpus.ts';
import type { Compare } from './fuzzer.ts';
import { createNodeReader } from './llhttp-reader.ts';
import { compareRequests } from './request-comparison.ts';
import { compareResponses } from './response-comparison.ts';

/** Methods whose answers differ in how their bodies end. */
const methods = ['GET', 'GET', 'GET', 'POST', 'HEAD'] as const;

/** How mutated messages of a kind are held against those of node:http. */
export function comparisonOf(kind: MessageKind): Compare {
  if (kind === 'responses') return (text, cuts, random) => compareResponses(random.pick(methods), text, cuts);
  const server = createNodeReader();
  return (text, cuts) => compareRequests(server, text, cuts);
}

import { fieldValue } from '../core/message-head.ts';
import type { SentFinding } from '../core/explanation.ts';
import { forwardedFields, upstreamRequestHead } from '../data-plane/upstream-request.ts';
import type { Target } from '../upstream/target.ts';
import type { ExplainedRequest } from './explained-request.ts';

/** What a target would get of a request that is forwarded to it. */
export function explainSent(request: ExplainedRequest, target: Target): SentFinding {
  const text = upstreamRequestHead(request, target, {
    ip: request.peerIp,
    isTrusted: () => request.isPeerTrusted,
    forwardedLines: (host) => forwardedFields({ forwardedFor: request.peerIp, proto: 'http', host }),
  });
  const [line = '', ...rest] = text.split('\r\n');
  const fields = rest.filter((field) => field !== '');
  const sent = groupByName(fields.map(splitField));
  const received = groupByName(receivedFields(request));
  const differ = (name: string) => sent.get(name) !== received.get(name);
  return {
    target: target.url,
    line,
    fields,
    removed: [...received.keys()].filter((name) => !sent.has(name)),
    added: [...sent.keys()].filter(differ),
  };
}

type Field = readonly [name: string, value: string];

export function splitField(line: string): Field {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), fieldValue(line, colon, line.length)];
}

function receivedFields({ head }: ExplainedRequest): Field[] {
  return Array.from({ length: head.fieldCount }, (_, at): Field => [head.nameAt(at), head.valueAt(at)]);
}

/** Lower-case name → all of its values. */
function groupByName(fields: readonly Field[]): ReadonlyMap<string, string> {
  const grouped = new Map<string, string>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = grouped.get(key);
    grouped.set(key, before === undefined ? value : `${before}\n${value}`);
  }
  return grouped;
}

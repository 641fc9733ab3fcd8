import { errorCodes } from '../core/error-codes.ts';
import type { UpstreamFinding } from '../core/explanation.ts';
import type { ExplainedAnswer } from './explained-answer.ts';
import type { ExplainedRequest } from './explained-request.ts';
import type { Fate } from './fate.ts';

/** What becomes of a request, in one sentence. */
export function summarise(parts: {
  readonly request: ExplainedRequest;
  readonly fate: Fate;
  readonly answer: ExplainedAnswer | null;
}): string {
  const { request, fate, answer } = parts;
  const { route, refusedBy } = request;
  if (answer === null) return summariseForwarding(request, fate);
  const { status } = answer.finding;
  if (answer.code === null) {
    const who = refusedBy === null ? `The route ${route?.name ?? ''}` : `The policy ${refusedBy.name}`;
    return `${who} answers the request itself with ${status}.`;
  }
  const what = `${status} ${answer.code} (${lowerFirst(errorCodes[answer.code].title)})`;
  if (refusedBy !== null) return `The policy ${refusedBy.name} ends the request with ${what}.`;
  return `The request is refused with ${what}.`;
}

function summariseForwarding({ route }: ExplainedRequest, { upstreams }: Fate): string {
  if (route?.internal === true) return `The gateway answers the request itself, as one for ${route.path}.`;
  const asked = upstreams.filter(({ share }) => share > 0);
  const [only, other] = asked;
  if (only === undefined) return 'What becomes of the request is not known: a policy has not decided in time.';
  if (other !== undefined) {
    const shares = asked.map(describeShare).join(', ');
    return `The request is forwarded to one of the upstreams ${shares}, by chance.`;
  }
  return `The request is forwarded to ${describeTarget(only)}.`;
}

function describeShare({ upstream, share, refusal }: UpstreamFinding): string {
  const refused = refusal === null ? '' : `, which now ends with ${errorCodes[refusal].status} ${refusal}`;
  return `${upstream} (${percent(share)}${refused})`;
}

function describeTarget({ upstream, targets }: UpstreamFinding): string {
  const chosen = targets.find((target) => target.chosen);
  if (chosen !== undefined) return `${chosen.url}, of the upstream ${upstream}`;
  const fit = targets.filter((target) => target.fit);
  return `one of the ${fit.length} fit targets of the upstream ${upstream}`;
}

export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function lowerFirst(text: string): string {
  // An abbreviation or a name stays as it is.
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

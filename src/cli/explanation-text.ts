import type {
  CandidateFinding,
  Explanation,
  LimitFinding,
  PolicyFinding,
  SentFinding,
  UpstreamFinding,
} from '../core/explanation.ts';
import { describeDuration } from '../explain/describe-duration.ts';
import { percent } from '../explain/summarise.ts';
import { statusLine } from '../http1/head-writer.ts';
import { alignColumns, printable, type Style } from './terminal.ts';

const longestText = 300;
/** More are in the JSON. */
const mostCandidates = 20;

/** An explanation for people: a sentence, then a section for each thing that it follows from. Ends with a newline. */
export function formatExplanation(explanation: Explanation, style: Style): string {
  const { request, summary, advice, policies, upstreams, sent, added_to_answer: added, notes } = explanation;
  const { method, host, path, query, client_ip: clientIp } = request;
  const sections = [
    section('Route', routeLines(explanation.candidates, style), style),
    section('Policies', policyLines(policies, style), style),
    section('Limits', limitLines(policies), style),
    ...upstreams.map((upstream) => section(upstreamTitle(upstream), upstreamLines(upstream, style), style)),
    section(`Sent on to ${sent?.target ?? ''}`, sent === null ? [] : sentLines(sent, style), style),
    section('Answer', answerLines(explanation), style),
    section('Added to the answer', added, style),
    section('Notes', notes, style),
  ];
  const asked = `${method} ${path}${query}, ${host === '' ? '' : `host ${host}, `}from ${clientIp}`;
  const told = [style.bold(clean(summary)), ...(advice === null ? [] : [clean(advice)])];
  const head = [style.dim(clean(asked)), '', ...told];
  return `${[...head, ...sections.flat()].join('\n')}\n`;
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : ['', style.bold(title), ...lines.map((line) => `  ${line}`.trimEnd())];
}

function routeLines(candidates: readonly CandidateFinding[], style: Style): string[] {
  const shown = candidates.slice(0, mostCandidates);
  const lines = alignColumns(
    shown.map(({ route, matched, reason }) => [
      matched ? style.green('chosen') : style.dim('not'),
      route,
      clean(reason),
    ]),
  );
  const left = candidates.length - shown.length;
  return left === 0 ? [...lines] : [...lines, `and ${left} more, which --json has`];
}

function policyLines(policies: readonly PolicyFinding[], style: Style): readonly string[] {
  const paint = { pass: style.green, refuse: style.red, skip: style.dim };
  return alignColumns(
    policies.map(({ policy, verdict, reason, code, shadow_code: shadowCode }) => {
      const shadowed = shadowCode === undefined ? reason : `would refuse with ${shadowCode}: ${reason}`;
      return [paint[verdict](verdict), policy, clean(code === undefined ? shadowed : `${code}: ${reason}`)];
    }),
  );
}

function limitLines(policies: readonly PolicyFinding[]): readonly string[] {
  return alignColumns(
    policies.flatMap(({ policy, limits = [] }) => limits.map((limit) => [policy, clean(limit.subject), bucket(limit)])),
  );
}

function bucket({ burst, token_ms, allowed, remaining, full_after_ms, retry_after_ms }: LimitFinding): string {
  const each = `a token comes back every ${describeDuration(token_ms)}`;
  if (!allowed) return `none of ${burst} left, the next in ${describeDuration(retry_after_ms)}; ${each}`;
  return `${remaining} of ${burst} left after this request, full again in ${describeDuration(full_after_ms)}; ${each}`;
}

function upstreamTitle({ upstream, share }: UpstreamFinding): string {
  return share === 1 ? `Upstream ${upstream}` : `Upstream ${upstream}, ${percent(share)} of the requests`;
}

function upstreamLines({ targets, choice, breaker, retry, timeouts }: UpstreamFinding, style: Style): string[] {
  const rows = targets.map(({ url, weight, fit, chosen, in_flight: inFlight, answers_in_ms: answersInMs, reason }) => [
    chosen ? style.green('first') : fit ? style.dim('fit') : style.red('not fit'),
    url,
    `weight ${weight}`,
    inFlight === null ? '' : `${inFlight} in flight`,
    answersInMs === null ? '' : `answers in ${describeDuration(answersInMs)}`,
    clean(chosen ? `${choice}; ${reason}` : reason),
  ]);
  const { connect_ms: connect, response_ms: response, idle_ms: idle, wait_ms: wait } = timeouts;
  const rules = [
    ['breaker', breaker === null ? 'off' : `${breaker.state}: ${breaker.reason}`],
    ['retries', retry === null ? 'off' : retry.applies ? retry.reason : `none: ${retry.reason}`],
    [
      'time-outs',
      `connect ${describeDuration(connect)}, answer ${describeDuration(response)}, ` +
        `silence ${describeDuration(idle)}, a connection ${describeDuration(wait)}`,
    ],
  ];
  const choices = targets.some(({ chosen }) => chosen) ? [] : [['choice', clean(choice)]];
  return [...alignColumns(dropEmptyColumns(rows)), ...alignColumns([...choices, ...rules])];
}

function dropEmptyColumns(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.map((row) => row.filter((_, column) => rows.some((other) => other[column] !== '')));
}

function sentLines({ line, fields, removed, added }: SentFinding, style: Style): string[] {
  const isAdded = (field: string) => added.includes(field.slice(0, field.indexOf(':')).toLowerCase());
  return [
    `  ${clean(line)}`,
    ...fields.map((field) => (isAdded(field) ? style.green(`+ ${clean(field)}`) : `  ${clean(field)}`)),
    ...removed.map((name) => style.red(`- ${clean(name)}`)),
  ];
}

function answerLines({ answer }: Explanation): string[] {
  if (answer === null) return [];
  const { status, fields, body } = answer;
  const isProblem = fields.some(([name, value]) => name === 'Content-Type' && value === 'application/problem+json');
  const shown = isProblem || body === '' ? [] : ['', ...body.split('\n').map(clean)];
  return [statusLine(status).trim(), ...fields.map(([name, value]) => clean(`${name}: ${value}`)), ...shown];
}

function clean(text: string): string {
  return printable(text, longestText);
}

import { formatIssues } from '../../config/issues.ts';
import type { Explanation } from '../../core/explanation.ts';
import { findQuestionProblem, type RequestInQuestion } from '../../core/request-in-question.ts';
import { builtInPolicies } from '../../policies/index.ts';
import { readInteger, readText, UsageError, type Command, type Invocation, type OptionValues } from '../command.ts';
import { describeMissingConfig, loadNamedConfig } from '../config-source.ts';
import { loadEnvironmentConfig } from '../environment-source.ts';
import { formatExplanation } from '../explanation-text.ts';
import { askGateway, LiveExplanationError } from '../live-explanation.ts';
import { explainOffline, type ExplainedConfiguration } from '../offline-explainer.ts';
import { createStyle } from '../terminal.ts';

const help = `Usage: sluice explain METHOD URL [-H 'Name: value']... [-c FILE | --env] [--json]
       sluice explain METHOD URL [-H 'Name: value']... --live [--admin URL]

Says what would become of a request and why: which route it takes and why the others lost, what each
policy says, what is left of its limits, which target it would go to, and what that target would get.
Nothing is sent to a target, and nothing is counted. URL is http://host/path, or the path alone.

Options:
  -H, --header 'Name: value'  a field of the request; may be given several times
      --client-ip IP          who connects: the client, or the proxy in front      (default: 127.0.0.1)
      --body-size N           the request has a body of so many bytes
  -c, --config FILE           the configuration  (default: as "sluice run" finds it)
      --env                   environment variables in place of a configuration file
      --live                  asks the gateway that runs, through its admin API: limits, health and
                              breakers are what they are at this moment
      --admin URL             where its admin API is     (default: as the configuration says)
      --json                  everything, as one JSON object

--live takes the credentials of the configuration, or else ADMIN_USERNAME (default: admin) and
ADMIN_PASSWORD of the environment. API keys, cookies and credentials of the request are never printed.

Exit code: 0 explained, also where the request would be refused; 1 the configuration has issues, or
the gateway cannot be asked; 2 wrong usage.

Example:
  sluice explain GET http://api.example/users/42 -H 'X-API-Key: key-app' -c sluice.yaml
`;

export const explainCommand: Command = {
  name: 'explain',
  summary: 'Say what would become of a request, and why.',
  help,
  options: {
    header: { type: 'string', short: 'H', multiple: true },
    'client-ip': { type: 'string' },
    'body-size': { type: 'string' },
    config: { type: 'string', short: 'c' },
    env: { type: 'boolean' },
    live: { type: 'boolean' },
    admin: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: explain,
};

async function explain(invocation: Invocation): Promise<number> {
  const { values, output, errors, env } = invocation;
  const question = readQuestion(invocation);
  const explained = await findExplanation(question, invocation);
  if (typeof explained === 'string') {
    errors.write(explained);
    return 1;
  }
  if (values['json'] === true) output.write(`${JSON.stringify(explained)}\n`);
  else output.write(formatExplanation(explained, createStyle(output, env)));
  return 0;
}

/** The explanation, or why there is none, to be told on the error stream. */
async function findExplanation(question: RequestInQuestion, invocation: Invocation): Promise<Explanation | string> {
  const { values, env } = invocation;
  const admin = readText(values, 'admin', '');
  if (admin !== '' && values['live'] !== true) throw new UsageError('--admin belongs to --live.');
  if (values['env'] === true && values['config'] !== undefined) {
    throw new UsageError('--env takes the place of a configuration file: give one of the two.');
  }
  if (admin !== '' && values['env'] !== true && values['config'] === undefined) {
    return await explainLive(question, { admin, env, config: null });
  }
  const loaded = await loadConfigured(invocation);
  if (typeof loaded === 'string') return loaded;
  if (values['live'] === true) return await explainLive(question, { admin, env, config: loaded.config });
  return await explainOffline(question, loaded);
}

async function explainLive(
  question: RequestInQuestion,
  place: Parameters<typeof askGateway>[1],
): Promise<Explanation | string> {
  try {
    return await askGateway(question, place);
  } catch (error) {
    if (!(error instanceof LiveExplanationError)) throw error;
    return `${error.message}\n`;
  }
}

async function loadConfigured(invocation: Invocation): Promise<ExplainedConfiguration | string> {
  if (invocation.values['env'] === true) {
    const loaded = loadEnvironmentConfig(invocation);
    return 'problems' in loaded ? loaded.problems : { config: loaded.config, definitions: builtInPolicies };
  }
  const loaded = await loadNamedConfig({ ...invocation, positionals: [] });
  if (loaded === null) return describeMissingConfig(invocation.cwd);
  return 'issues' in loaded ? `${formatIssues(loaded.issues)}\n` : loaded;
}

function readQuestion({ positionals, values }: Invocation): RequestInQuestion {
  const [method, url, extra] = positionals;
  if (method === undefined || url === undefined) throw new UsageError('explain needs a METHOD and a URL.');
  if (extra !== undefined) {
    throw new UsageError(
      `one URL is expected, but ${JSON.stringify(extra)} is given too; a file is named by --config.`,
    );
  }
  const question: RequestInQuestion = {
    method,
    url,
    headers: readHeaders(values),
    clientIp: readText(values, 'client-ip', '127.0.0.1'),
    bodyBytes:
      values['body-size'] === undefined
        ? null
        : readInteger(values, 'body-size', { fallback: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  };
  const problem = findQuestionProblem(question);
  if (problem !== null) throw new UsageError(`${problem}.`);
  return question;
}

function readHeaders(values: OptionValues): RequestInQuestion['headers'] {
  const given = values['header'] ?? [];
  return (Array.isArray(given) ? given : [given]).map((written) => {
    const text = String(written);
    const colon = text.indexOf(':');
    // The value may be a secret, so the text is not repeated.
    if (colon <= 0) throw new UsageError("-H needs a name and a value, such as -H 'Accept: text/html'.");
    return [text.slice(0, colon), text.slice(colon + 1).trim()] as const;
  });
}

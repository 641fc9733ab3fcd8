import {
  definePolicy,
  type FieldMap,
  type OptionKit,
  type Policy,
  type PolicyAnswer,
  type PolicyExchange,
  type PolicyExplanation,
} from '../core/policy.ts';
import { compileTemplate, renderFieldValue, type Template } from '../core/template.ts';

/** Sets, adds and removes fields of requests and answers. */
export const headers = definePolicy({
  name: 'headers',
  summary: 'Sets, adds and removes headers of requests and of answers.',
  options: (kit) =>
    kit.section({
      request: changes(kit, 'what the target gets').prefault({}).describe('What is changed of requests.'),
      response: changes(kit, 'what the client gets')
        .prefault({})
        .describe('What is changed of answers, also of refusals by later policies.'),
    }),
  notes: [
    'A field that is set replaces what the client or the target has sent under that name, in capital or small letters; on requests also what only differs by `_` for `-`, which many frameworks take for the same. So a target can rely on it.',
    'Values are [templates](../configuration.md#templates): `{client.ip}`, `{consumer.name}`, `{header.X-Tenant}`, and the parameters of the path. They are filled in with the request as it is when the policy is reached, so `{consumer.name}` needs `api_key` or `basic_auth` before.',
    'Requests are changed in the order of the policies, answers in reverse. An answer is seen by the policies that have let its request by: put this one first to have a field on refusals too.',
    'Names that say where a body ends, that belong to one connection, that tell where a request came from, and those that other policies or the gateway set (`X-Request-Id`, `X-RateLimit-*`, `Access-Control-*`, `X-Backend` and the like) are refused when the configuration is loaded. `Host` is set by the `rewrite` of a route.',
  ],
  create: (options, { pattern }) => {
    const request = new FieldChanges(options.request, pattern);
    const response = new FieldChanges(options.response, pattern);
    return createPolicy(request, response);
  },
});

interface ChangeOptions {
  readonly set: FieldMap;
  readonly add: FieldMap;
  readonly remove: readonly string[];
}

function changes({ z, section, fieldMap, settableField }: OptionKit, what: string) {
  return section({
    set: fieldMap()
      .prefault({})
      .describe(
        `Names to values: a field of ${what} has this value and no other. Values may have places such as \`{client.ip}\`.`,
      ),
    add: fieldMap().prefault({}).describe('Names to values: one more field beside those of the name that there are.'),
    remove: z
      .array(settableField(), { error: 'expected a list of header names' })
      .prefault([])
      .describe('Names of fields that are left out, in whatever spelling.'),
  });
}

/** A phase in which nothing is changed is left out, so that it costs nothing. */
function createPolicy(request: FieldChanges, response: FieldChanges): Policy {
  return {
    ...(request.isEmpty ? {} : { onRequest: (exchange: PolicyExchange) => request.changeRequest(exchange) }),
    ...(response.isEmpty
      ? {}
      : { onResponse: (exchange: PolicyExchange, answer: PolicyAnswer) => response.changeAnswer(exchange, answer) }),
    explain: (): PolicyExplanation => {
      const parts = [request.describe('for the target'), response.describe('on the answer')].filter(Boolean);
      return { skipped: parts.length === 0, reason: parts.join('; ') || 'it changes nothing' };
    },
  };
}

/** What is changed of one message. */
class FieldChanges {
  private readonly options: ChangeOptions;
  /** In lower case: what is set is first taken away. */
  private readonly removed: readonly string[];
  private readonly written: readonly { readonly start: string; readonly value: Template }[];

  constructor(options: ChangeOptions, pattern: string) {
    this.options = options;
    const { set, add, remove } = options;
    this.removed = [...Object.keys(set), ...remove].map((name) => name.toLowerCase());
    this.written = [...Object.entries(set), ...Object.entries(add)].map(([name, value]) => ({
      start: `${name}: `,
      value: compileTemplate(value, pattern),
    }));
  }

  get isEmpty(): boolean {
    return this.removed.length === 0 && this.written.length === 0;
  }

  changeRequest(exchange: PolicyExchange): undefined {
    // Before anything is taken away: a new value may be made of the old one.
    const lines = this.lines(exchange);
    for (const name of this.removed) exchange.removeFromRequest(name);
    exchange.addToRequest(lines);
  }

  changeAnswer(exchange: PolicyExchange, answer: PolicyAnswer): void {
    for (const name of this.removed) {
      answer.remove(name);
      exchange.removeFromAnswer(name);
    }
    exchange.addToAnswer(this.lines(exchange));
  }

  private lines(exchange: PolicyExchange): string {
    let lines = '';
    for (const { start, value } of this.written) lines += `${start}${renderFieldValue(value, exchange)}\r\n`;
    return lines;
  }

  describe(where: string): string {
    const { set, add, remove } = this.options;
    const parts = [
      listNames('sets', Object.keys(set)),
      listNames('adds', Object.keys(add)),
      listNames('removes', remove),
    ].filter(Boolean);
    return parts.length === 0 ? '' : `${where} it ${parts.join(' and ')}`;
  }
}

function listNames(verb: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${verb} ${names.join(', ')}`;
}

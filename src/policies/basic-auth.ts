import { hash } from 'node:crypto';
import type { z } from 'zod';
import {
  definePolicy,
  type OptionKit,
  type Policy,
  type PolicyExchange,
  type PolicyExplanation,
  type PolicyHost,
  type Refusal,
  type Verdict,
} from '../core/policy.ts';
import type { Consumer, Logger } from '../core/ports.ts';
import { parsePasswordHash } from '../lib/password-hash.ts';
import { PasswordCheck, type CheckResult, type UserSecret } from './password-check.ts';

const basicScheme = 'basic ';

/** Asks for a user name and a password by HTTP Basic authentication (RFC 7617). */
export const basicAuth = definePolicy({
  name: 'basic_auth',
  summary: 'Asks for a user name and a password by HTTP Basic authentication.',
  options: (kit) =>
    kit.section({
      users: kit.z
        .array(createUser(kit), { error: 'expected a list of users such as [{ name: ada, password_hash: ... }]' })
        .min(1, { error: 'name at least one user' })
        .superRefine(checkNames)
        .describe('Who is let in: `name`, and either `password_hash` or `password`.'),
      realm: kit
        .text('expected a text of at most 128 visible ASCII characters and spaces', findRealmProblem)
        .prefault('restricted')
        .describe('What a browser shows when it asks for the password.'),
      forward: kit.flag().prefault(false).describe('Pass the credentials on to the target.'),
    }),
  provides: ['consumer'],
  consumers: ({ users }) => users.map(({ name }) => name),
  refusals: ['credentials_required', 'invalid_credentials', 'too_many_attempts', 'credentials_unchecked'],
  notes: [
    'Make a `password_hash` with `sluice hash-password`, which reads the password and prints a line for the configuration. It is an Argon2id hash: slow to guess for whoever gets hold of the file. A check takes some tens of milliseconds of one core, beside the threads that serve requests. What was right is remembered for five minutes, so a user costs that once and not for each request.',
    'From the fifth wrong attempt in a row on, the network of the client has to wait before it is listened to again: 1 s, then twice as long after each further one, up to 16 s. Each worker counts for itself.',
    'The user becomes the consumer of the request, as the owner of a key does with `api_key`. Basic credentials are readable on the way: let TLS end in front of the gateway.',
    'A preflight request of a browser has no credentials: put `cors` before.',
  ],
  create: (options, host) => new BasicAuthPolicy(options, host),
});

function createUser({ z, section, text }: OptionKit) {
  return section({
    name: text('expected a name without a colon', findNameProblem).describe(
      'Stands in the access log as the key does.',
    ),
    password_hash: text('expected an Argon2id hash', findHashProblem)
      .optional()
      .describe('What `sluice hash-password` prints for the password: an Argon2id hash in the PHC string format.'),
    password: z
      .string({ error: 'expected a password' })
      .min(1, { error: 'the password may not be empty' })
      .optional()
      .describe('The password itself; take it from a variable.'),
  }).transform(({ name, password, password_hash }, context): UserSecret => {
    // Nothing of the configuration that is handed on holds a password.
    if (password !== undefined && password_hash === undefined) return { name, sha256: digestOf(password) };
    if (password === undefined && password_hash !== undefined) return { name, argon2id: password_hash };
    context.issues.push({ code: 'custom', message: 'give this user either password_hash or password', input: name });
    return z.NEVER;
  });
}

function digestOf(password: string): string {
  return hash('sha256', password.normalize('NFC'));
}

function checkNames(users: readonly UserSecret[], context: z.core.$RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { name }] of users.entries()) {
    if (seen.has(name)) {
      context.addIssue({ code: 'custom', message: `there is a user ${name} already: keep one`, path: [index, 'name'] });
    }
    seen.add(name);
  }
}

function findNameProblem(text: string): { problem: string } | undefined {
  if (/^[^:\p{Cc}]{1,128}$/u.test(text)) return undefined;
  return {
    problem: 'expected a name of 1 to 128 characters without a colon, which Basic authentication cannot tell apart',
  };
}

function findHashProblem(text: string): { problem: string } | undefined {
  const parsed = parsePasswordHash(text);
  return 'problem' in parsed ? parsed : undefined;
}

function findRealmProblem(text: string): { problem: string } | undefined {
  if (/^[ !#-[\]-~]{1,128}$/.test(text)) return undefined;
  return { problem: 'expected a text of 1 to 128 visible ASCII characters and spaces, without " and \\' };
}

interface BasicAuthOptions {
  readonly users: readonly UserSecret[];
  readonly realm: string;
  readonly forward: boolean;
}

class BasicAuthPolicy implements Policy {
  private readonly challenge: Refusal['fields'];
  private readonly forward: boolean;
  private readonly logger: Logger;
  private readonly check: PasswordCheck;

  constructor({ users, realm, forward }: BasicAuthOptions, { clock, logger, state }: PolicyHost) {
    this.challenge = [['WWW-Authenticate', `Basic realm="${realm}", charset="UTF-8"`]];
    this.forward = forward;
    this.logger = logger;
    this.check = state(() => new PasswordCheck(users, clock));
  }

  onRequest(exchange: PolicyExchange): Verdict | Promise<Verdict> {
    const { head } = exchange;
    const at = head.indexOf('authorization');
    const field = at < 0 ? '' : head.valueAt(at);
    if (field.slice(0, basicScheme.length).toLowerCase() !== basicScheme) {
      return { code: 'credentials_required', fields: this.challenge };
    }
    // Of two, nobody can say which one the target would take.
    if (head.indexOf('authorization', at + 1) >= 0) return { code: 'invalid_credentials', fields: this.challenge };
    const known = this.check.find(field);
    if (known !== undefined) return this.admit(exchange, known);
    const result = this.check.verify(field, exchange.clientNetwork);
    return result instanceof Promise ? this.awaitResult(result, exchange) : this.judge(result, exchange);
  }

  private async awaitResult(asked: Promise<CheckResult>, exchange: PolicyExchange): Promise<Verdict> {
    return this.judge(await asked, exchange);
  }

  private judge(result: CheckResult, exchange: PolicyExchange): Verdict {
    switch (result.kind) {
      case 'right':
        return this.admit(exchange, result.consumer);
      case 'wrong': {
        const { clientIp, routeName, requestId } = exchange;
        const fields = { clientIp, route: routeName, failures: result.failures, requestId };
        this.logger.log('warn', 'a user name or password was wrong', fields);
        return { code: 'invalid_credentials', fields: this.challenge };
      }
      case 'wait':
        return { code: 'too_many_attempts', fields: [['Retry-After', String(Math.ceil(result.waitMs / 1000))]] };
      case 'busy':
        return { code: 'credentials_unchecked', fields: [['Retry-After', '1']] };
    }
  }

  private admit(exchange: PolicyExchange, consumer: Consumer): undefined {
    exchange.consumer = consumer;
    if (!this.forward) exchange.head.remove('authorization');
  }

  explain({ consumer, head }: PolicyExchange, verdict: Verdict): PolicyExplanation {
    if (verdict === undefined) return { skipped: false, reason: `user ${consumer?.name ?? ''}` };
    const code = 'code' in verdict ? verdict.code : undefined;
    if (code === 'too_many_attempts') return { skipped: false, reason: 'too many wrong passwords from this network' };
    const none = head.indexOf('authorization') < 0 ? 'there are no credentials' : 'no user has these credentials';
    return { skipped: false, reason: code === 'credentials_required' ? 'there are no Basic credentials' : none };
  }
}

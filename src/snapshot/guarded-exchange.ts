import { errorCodes, type ErrorCode } from '../core/error-codes.ts';
import { findLinesProblem } from '../core/field-lines.ts';
import { fieldRole, type FieldRole } from '../core/field-names.ts';
import type { PolicyExchange } from '../core/policy.ts';
import type { Consumer } from '../core/ports.ts';
import type { RequestHead } from '../core/request-head.ts';
import { isRequestId } from '../core/request-id.ts';

const guards = new WeakMap<PolicyExchange, GuardedExchange>();

/** The same guard for the same exchange, so that a policy may keep something by it. */
export function guardExchange(exchange: PolicyExchange): PolicyExchange {
  const known = guards.get(exchange);
  if (known !== undefined) return known;
  const made = new GuardedExchange(exchange);
  guards.set(exchange, made);
  return made;
}

/**
 * A request as policies of a user's own see it: what they write into a message is looked at first. It throws where that
 * would break the message, so that the policy's own line stands in the stack.
 */
class GuardedExchange implements PolicyExchange {
  readonly #exchange: PolicyExchange;

  constructor(exchange: PolicyExchange) {
    this.#exchange = exchange;
  }

  get head(): RequestHead {
    return this.#exchange.head;
  }

  get path(): string {
    return this.#exchange.path;
  }

  get clientIp(): string {
    return this.#exchange.clientIp;
  }

  get clientNetwork(): string {
    return this.#exchange.clientNetwork;
  }

  get routeName(): string {
    return this.#exchange.routeName;
  }

  get body(): Buffer | null {
    return this.#exchange.body;
  }

  get requestId(): string {
    return this.#exchange.requestId;
  }

  set requestId(id: string) {
    if (typeof id !== 'string' || !isRequestId(id)) {
      throw new TypeError('requestId has to be 1 to 128 visible ASCII characters');
    }
    this.#exchange.requestId = id;
  }

  get consumer(): Consumer | null {
    return this.#exchange.consumer;
  }

  set consumer(consumer: Consumer | null) {
    if (consumer !== null && (typeof consumer?.id !== 'string' || typeof consumer.name !== 'string')) {
      throw new TypeError('consumer has to be null, or have an id and a name that are texts');
    }
    this.#exchange.consumer = consumer;
  }

  get maximumBody(): number {
    return this.#exchange.maximumBody;
  }

  set maximumBody(bytes: number) {
    if (typeof bytes !== 'number' || !(bytes >= 0)) throw new TypeError('maximumBody has to be a number of bytes');
    this.#exchange.maximumBody = bytes;
  }

  addToRequest(lines: string): void {
    checkLines('addToRequest', lines);
    this.#exchange.addToRequest(lines);
  }

  removeFromRequest(lowerName: string): void {
    this.#exchange.removeFromRequest(nameOf('removeFromRequest', lowerName));
  }

  replaceOnAnswer(role: FieldRole, lines: string): void {
    // Fields of other roles have to do with framing and the connection, which the gateway cannot leave to anybody.
    if (role !== fieldRole.cors && role !== fieldRole.rateLimit && role !== fieldRole.date) {
      throw new TypeError('replaceOnAnswer takes fieldRole.cors, fieldRole.rateLimit or fieldRole.date');
    }
    checkLines('replaceOnAnswer', lines, role);
    this.#exchange.replaceOnAnswer(role, lines);
  }

  addToAnswer(lines: string): void {
    checkLines('addToAnswer', lines);
    this.#exchange.addToAnswer(lines);
  }

  removeFromAnswer(lowerName: string): void {
    this.#exchange.removeFromAnswer(nameOf('removeFromAnswer', lowerName));
  }

  tellLimit(remaining: number, lines: string, listedAt: number): void {
    checkLines('tellLimit', lines, fieldRole.rateLimit);
    const isLineStart = listedAt === 0 || listedAt === lines.length || lines.slice(0, listedAt).endsWith('\r\n');
    if (!Number.isInteger(listedAt) || !isLineStart)
      throw new TypeError('tellLimit: listedAt has to be where a line begins');
    this.#exchange.tellLimit(remaining, lines, listedAt);
  }

  noteShadowRefusal(code: ErrorCode): void {
    if (!Object.hasOwn(errorCodes, code)) throw new TypeError(`noteShadowRefusal: ${code} is no code of a refusal`);
    this.#exchange.noteShadowRefusal(code);
  }
}

function checkLines(method: string, lines: unknown, role?: FieldRole): void {
  const problem = findLinesProblem(lines, role);
  if (problem !== undefined) throw new TypeError(`${method}: ${problem}`);
}

function nameOf(method: string, name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`${method} takes the name of a field in small letters`);
  return name;
}

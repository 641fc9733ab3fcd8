import type { z } from 'zod';
import type { ErrorCode } from './error-codes.ts';
import type { FieldRole } from './field-names.ts';
import type { FixedAnswerOptions } from './fixed-answer.ts';
import type { Clock, Consumer, KeyLookup, LimiterFactory, Logger } from './ports.ts';
import type { Reply } from './reply.ts';
import type { RequestHead } from './request-head.ts';
import type { TemplateSource } from './template.ts';

/** A number of requests in a period of milliseconds. */
export interface Rate {
  readonly tokens: number;
  readonly periodMs: number;
}

/** Schemas for the values that options have in common, so that they read alike everywhere. */
export interface OptionKit {
  readonly z: typeof z;
  /** A mapping with these keys and no others. */
  readonly section: <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.ZodObject<Shape, z.core.$strict>;
  /** `true` or `false`. */
  readonly flag: () => z.ZodType<boolean, boolean>;
  /** `250ms`, `10s`, `1m`; milliseconds in the options. */
  readonly duration: (shortestMs?: number) => z.ZodType<number, string>;
  /** `100/min`, `5/s`. */
  readonly rate: () => z.ZodType<Rate, string>;
  readonly wholeNumber: (smallest: number, largest: number) => z.ZodType<number, number>;
  readonly fraction: (smallest: number, largest: number) => z.ZodType<number, number>;
  /** `64KiB` or a number of bytes; bytes in the options. */
  readonly byteSize: (smallestBytes: number, largestBytes?: number) => z.ZodType<number, string | number>;
  /** An IP address or range, as it is written. */
  readonly cidr: () => z.ZodType<string, string>;
  /** Text that `findProblem` has nothing against. */
  readonly text: (
    expected: string,
    findProblem: (text: string) => { readonly problem: string; readonly suggestion?: string } | undefined,
  ) => z.ZodType<string, string>;
  /** One line of text with places that are filled in for each request, see `template.ts`. */
  readonly template: (expected: string) => z.ZodType<string, string>;
  /** In lower case. */
  readonly headerName: () => z.ZodType<string, string>;
  /** The name of a field that is not the gateway's own to set, as it is spelled. */
  readonly settableField: () => z.ZodType<string, string>;
  /** Such names, with templates for their values. */
  readonly fieldMap: () => z.ZodType<FieldMap, FieldMap>;
  /** A status, a text and fields, as a route has them under `respond`. */
  readonly fixedAnswer: () => z.ZodType<FixedAnswerOptions, Partial<FixedAnswerOptions>>;
}

/** Names to values. */
export type FieldMap = Readonly<Record<string, string>>;

/** A request as policies see it. */
export interface PolicyExchange extends TemplateSource {
  /** `head.hide(index)` keeps a field from being passed on to the target. */
  readonly head: RequestHead;
  /** Normalised. */
  readonly path: string;
  readonly clientIp: string;
  /** What a limit counts a client by: an IPv4 address, or the first 64 bits of an IPv6 address. */
  readonly clientNetwork: string;
  readonly routeName: string;
  /** Goes to the target and onto the answer as `X-Request-Id`, and into the access log. */
  requestId: string;
  /** Who asks, where a policy has found that out. */
  consumer: Consumer | null;
  /** Bytes; Infinity where there is no limit. A policy may set it, lower or higher. */
  maximumBody: number;
  /** The whole body, where the policy that is asked has said with `body` that it needs it; otherwise null. */
  readonly body: Buffer | null;
  /** Adds fields to what the target gets: whole lines, each with its line end, never framing or connection fields. */
  addToRequest(lines: string): void;
  /**
   * Keeps every field of this lower-case name from the target, in whatever spelling (CGI takes `_` for `-`): those of the
   * client, and those that policies have added so far.
   */
  removeFromRequest(lowerName: string): void;
  /**
   * Adds fields to the answer, whoever makes it: whole lines, each with its line end. Fields of this role that a target
   * sends are left out.
   */
  replaceOnAnswer(role: FieldRole, lines: string): void;
  /** Adds fields to the answer beside those that it has: whole lines, each with its line end. */
  addToAnswer(lines: string): void;
  /** Takes back what policies have added to the answer so far under this lower-case name. */
  removeFromAnswer(lowerName: string): void;
  /**
   * Says on the answer how a limit stands, in whole lines. Of several limits those up to `listedAt` are said of the one
   * that has the least left; the fields of those from there on are lists, and all limits are in them.
   */
  tellLimit(remaining: number, lines: string, listedAt: number): void;
  /** A policy that is only tried out would have refused the request: it is counted, and the access log says so. */
  noteShadowRefusal(code: ErrorCode): void;
}

/** An answer before it is sent on, whoever made it. */
export interface PolicyAnswer {
  readonly status: number;
  /** The value of the first field of this lower-case name. */
  get(lowerName: string): string | undefined;
  /** Takes every field of this lower-case name off. */
  remove(lowerName: string): void;
}

/** A refusal by its code; the problem's text follows from it. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly fields?: Reply['fields'];
}

/** What a policy says of a request: nothing, to let it by; or the answer that ends it. */
export type Verdict = Refusal | Reply | undefined;

/** One policy of one route, made once for each version of the configuration. A phase that is absent costs nothing. */
export interface Policy {
  /** In the order written; a verdict ends the phase. Expected refusals are returned, not thrown. */
  onRequest?(exchange: PolicyExchange): Verdict | Promise<Verdict>;
  /** In reverse, of those that let the request by. What it adds to the answer it adds with `exchange.replaceOnAnswer`. */
  onResponse?(exchange: PolicyExchange, answer: PolicyAnswer): void;
  /** After the last byte or the abort. */
  onFinish?(exchange: PolicyExchange): void;
  /**
   * For people, why `onRequest` said what it said of this request: `allowed: 4 of 10 left for 192.0.2.1`. Never called for
   * live traffic; `skipped` is for a policy that had nothing to say about this request.
   */
  explain?(exchange: PolicyExchange, verdict: Verdict): PolicyExplanation;
}

export interface PolicyExplanation {
  readonly skipped: boolean;
  readonly reason: string;
}

/** What a policy gets from the gateway. */
export interface PolicyHost {
  /** The same through reloads, and different for every policy of every route. */
  readonly scope: string;
  /** The pattern of the route's path, for templates; `/*` for a policy of all routes. */
  readonly pattern: string;
  /**
   * What `create` makes, kept through reloads as long as the policy's scope, definition and options stay the same. What
   * has a `[Symbol.dispose]` is disposed of when it is not kept.
   */
  readonly state: <Value>(create: () => Value) => Value;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keys: KeyLookup;
  readonly limiters: LimiterFactory;
}

export interface PolicyDefinition<TSchema extends z.ZodType = z.ZodType> {
  /** As the configuration says it. */
  readonly name: string;
  readonly summary: string;
  /** The schema of the options; `kit` is handed in so that a worker, which gets checked options, loads no schemas. */
  options(kit: OptionKit): TSchema;
  /** What later policies find on the exchange when this one let the request by. */
  readonly provides?: readonly string[];
  /** The names of the consumers that it finds, where they stand in its options. */
  consumers?(options: z.output<TSchema>): readonly string[];
  /** What an earlier policy has to provide, given these options. */
  requires?(options: z.output<TSchema>): readonly string[];
  /** What it refuses requests with, for the documentation. */
  readonly refusals?: readonly ErrorCode[];
  /** What else there is to know, for the documentation: paragraphs in Markdown. */
  readonly notes?: readonly string[];
  /**
   * A size such as `64KiB`: it needs the whole body, up to so many bytes. It is asked once the body is there, and a
   * longer one is refused. Bodies of requests that it is not asked about stream as ever.
   */
  readonly body?: string;
  /** Throws an Error for options that cannot be, with a message for the person who wrote them. */
  create(options: z.output<TSchema>, host: PolicyHost): Policy;
}

/** One whose name is known to the compiler too: a configuration in TypeScript is checked against it. */
export interface NamedPolicyDefinition<
  Name extends string,
  TSchema extends z.ZodType,
> extends PolicyDefinition<TSchema> {
  readonly name: Name;
}

const defined = new WeakSet<object>();

/** Defines a policy; the types of its options follow from its schema. */
export function definePolicy<const Name extends string, TSchema extends z.ZodType>(
  definition: NamedPolicyDefinition<Name, TSchema>,
): NamedPolicyDefinition<Name, TSchema> {
  defined.add(definition);
  return definition;
}

const modules = new WeakMap<object, string>();

/** Remembers which module of the user's own a definition comes from. What is said first counts. */
export function notePolicyModule(definition: PolicyDefinition, module: string): void {
  if (!modules.has(definition)) modules.set(definition, module);
}

/** The path of the user's own module that a definition comes from; undefined for those that the gateway brings. */
export function moduleOfPolicy(definition: PolicyDefinition): string | undefined {
  return modules.get(definition);
}

/** Whether `definePolicy` has returned this. */
export function isDefinedPolicy(value: unknown): value is PolicyDefinition {
  return typeof value === 'object' && value !== null && defined.has(value);
}

const trusted = new WeakSet<object>();

/** Says of these that what they write and answer is right by itself: it is not looked at on the path of a request. */
export function trustPolicies<Definitions extends readonly object[]>(definitions: Definitions): Definitions {
  for (const definition of definitions) trusted.add(definition);
  return definitions;
}

export function isTrustedPolicy(definition: object): boolean {
  return trusted.has(definition);
}

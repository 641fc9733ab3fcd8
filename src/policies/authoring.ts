/** What a module with policies of the user's own gets when it imports `sluice`: without schemas, as in a worker. */
export type { ErrorCode } from '../core/error-codes.ts';
export { fieldRole, type FieldRole } from '../core/field-names.ts';
export {
  definePolicy,
  type OptionKit,
  type Policy,
  type PolicyAnswer,
  type PolicyDefinition,
  type PolicyExchange,
  type PolicyExplanation,
  type PolicyHost,
  type Rate,
  type Refusal,
  type Verdict,
} from '../core/policy.ts';
export type { Clock, Consumer, KeyLookup, Limiter, LimiterFactory, LimitVerdict, TokenLimit } from '../core/ports.ts';
export type { Reply } from '../core/reply.ts';
export type { RequestHead } from '../core/request-head.ts';
export { compileTemplate, renderTemplate, type Template, type TemplateSource } from '../core/template.ts';

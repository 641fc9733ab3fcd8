import type { z } from 'zod';
import type { PolicyDefinition } from '../core/policy.ts';
import type { builtInPolicies } from './index.ts';

/** The options of a policy as a configuration has them; null stands for all defaults. */
export type PolicyOptions<Definition extends PolicyDefinition> = z.input<ReturnType<Definition['options']>>;

type BuiltInOptions = {
  [Definition in (typeof builtInPolicies)[number] as Definition['name']]: PolicyOptions<Definition>;
};

/**
 * The options of a program's own policies by their names, empty until the program adds to it:
 * `declare module 'sluice' { interface CustomPolicies { tenant: PolicyOptions<typeof tenant> } }`.
 */
export interface CustomPolicies {}

type OneOf<Options> = {
  readonly [Name in keyof Options]: { readonly [Key in Name]: Options[Name] | null };
}[keyof Options];

/** One entry of a list of policies: `{ rate_limit: { limit: '5/s' } }`. */
export type WrittenPolicy = OneOf<BuiltInOptions & CustomPolicies>;

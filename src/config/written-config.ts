import type { z } from 'zod';
import type { createConfigSchema } from './schema.ts';

type Written = z.input<ReturnType<typeof createConfigSchema>>;
type WrittenRouteParts = NonNullable<Written['routes']>[number];
type Share = NonNullable<WrittenRouteParts['split']>[number];
type Mirror = NonNullable<WrittenRouteParts['mirror']>;

/** Lists and mappings, however deep, that need not be writable. */
type DeepReadonly<Value> = Value extends object ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> } : Value;

/** An upstream as a configuration has it. */
export type WrittenUpstream = DeepReadonly<NonNullable<Written['upstreams']>[string]>;

/** A route as a configuration has it, given the names of the upstreams and the forms of the policies. */
export type WrittenRoute<Upstream extends string, WrittenPolicy> = DeepReadonly<
  Omit<WrittenRouteParts, 'upstream' | 'split' | 'mirror' | 'policies'>
> & {
  readonly policies?: readonly WrittenPolicy[] | undefined;
  readonly upstream?: Upstream | undefined;
  readonly split?: readonly (DeepReadonly<Omit<Share, 'upstream'>> & { readonly upstream: Upstream })[] | undefined;
  readonly mirror?: (DeepReadonly<Omit<Mirror, 'upstream'>> & { readonly upstream: Upstream }) | undefined;
};

/**
 * The configuration language as TypeScript: what the schema takes, but for `${…}` in the place of numbers and booleans. A
 * route can name only an upstream that is there.
 */
export type WrittenConfig<Upstream extends string, WrittenPolicy> = DeepReadonly<
  Omit<Written, 'upstreams' | 'policies' | 'routes'>
> & {
  readonly upstreams?: { readonly [Name in Upstream]: WrittenUpstream } | undefined;
  readonly policies?: readonly WrittenPolicy[] | undefined;
  readonly routes?: readonly WrittenRoute<NoInfer<Upstream>, WrittenPolicy>[] | undefined;
};

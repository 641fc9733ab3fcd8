/** What a program imports that has the gateway inside itself, a configuration in TypeScript, or a policy. */
import type { Gateway, GatewayOptions } from './app.ts';
import type { WrittenConfig } from './config/written-config.ts';
import type { WrittenPolicy } from './policies/written-policy.ts';

export type { Gateway, GatewayOptions, StopOptions } from './app.ts';
export type { Address } from './config/address.ts';
export type { Issue } from './config/issues.ts';
export type { Config } from './config/schema.ts';
export type { WrittenConfig, WrittenRoute, WrittenUpstream } from './config/written-config.ts';
export type { ConfigSource, SourcedConfig } from './control/config-source.ts';
export type { ReloadOutcome } from './control/reloads.ts';
export type { LogFields, Logger, LogLevel } from './core/ports.ts';
export * from './policies/authoring.ts';
export type { CustomPolicies, PolicyOptions, WrittenPolicy } from './policies/written-policy.ts';

/**
 * Makes a gateway from a checked configuration, without starting it. The gateway itself is loaded by the first call: a
 * configuration or a policy that imports this module does not need it.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const app = await import('./app.ts');
  return await app.createGateway(options);
}

/**
 * A configuration in TypeScript, as `sluice.config.ts` exports it: the same language as in a file of text. What a file is
 * told when it is checked, such as the name of an upstream that is not there, is an error of types here where it can be.
 */
export function defineConfig<const Upstream extends string>(
  config: WrittenConfig<Upstream, WrittenPolicy>,
): WrittenConfig<Upstream, WrittenPolicy> {
  return config;
}

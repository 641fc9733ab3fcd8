/** What a program imports that has the gateway inside itself, a configuration in TypeScript, or a policy. */
import type { EmbeddedGateway, EmbeddedGatewayOptions } from './embedded-gateway.ts';
import type { WrittenConfig } from './config/written-config.ts';
import type { WrittenPolicy } from './policies/written-policy.ts';

export type { StopOptions } from './app.ts';
export type { Address } from './config/address.ts';
export { ConfigError } from './config/config-error.ts';
export type { Issue } from './config/issues.ts';
export type { WrittenConfig, WrittenRoute, WrittenUpstream } from './config/written-config.ts';
export type { ReloadOutcome } from './control/reloads.ts';
export type { LogFields, Logger, LogLevel } from './core/ports.ts';
export type {
  EmbeddedConfig,
  EmbeddedGateway as Gateway,
  EmbeddedGatewayOptions as GatewayOptions,
} from './embedded-gateway.ts';
export * from './policies/authoring.ts';
export type { CustomPolicies, PolicyOptions, WrittenPolicy } from './policies/written-policy.ts';

/**
 * Checks a configuration and makes a gateway of it, ready to be started, once. The gateway itself is loaded by the first
 * call: a configuration or a policy that imports this module does not need it.
 *
 * @throws ConfigError when the configuration is wrong, with its `issues`
 * @throws StartError when an address cannot be listened on
 */
export async function createGateway(options: EmbeddedGatewayOptions): Promise<EmbeddedGateway> {
  const embedded = await import('./embedded-gateway.ts');
  return await embedded.createEmbeddedGateway(options);
}

/**
 * A configuration in TypeScript, as `sluice.config.ts` exports it: the same language as in a file of text. What a file is
 * told when it is checked, such as the name of an upstream that is not there, is an error of types here where it can be: without `upstreams` there is
 * none to name.
 */
export function defineConfig<const Upstream extends string = never>(
  config: WrittenConfig<Upstream, WrittenPolicy>,
): WrittenConfig<Upstream, WrittenPolicy> {
  return config;
}

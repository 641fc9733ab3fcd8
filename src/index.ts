/** What a program imports that has the gateway inside itself. */
export { createGateway, type Gateway, type GatewayOptions, type StopOptions } from './app.ts';
export type { Address } from './config/address.ts';
export type { Config } from './config/schema.ts';
export type { LogFields, Logger, LogLevel } from './core/ports.ts';

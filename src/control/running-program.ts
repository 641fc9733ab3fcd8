import type { Config } from '../config/schema.ts';
import { gatewayPaths } from '../core/gateway-paths.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import { hashConfig } from './config-hash.ts';

/** A configuration with what else it needs to be served. */
export interface LoadedProgram {
  readonly config: Config;
  /** Modules with policies of the user's own, by the addresses that a worker imports them by. */
  readonly policyModules: readonly string[];
}

/** What is served, as everybody in the control thread sees it: one object, so that its parts always fit together. */
export interface RunningProgram extends LoadedProgram {
  readonly version: number;
  readonly hash: string;
  /** Unix time in milliseconds. */
  readonly loadedAtMs: number;
  readonly slots: SlotAssignments;
  /** By route slot, the pattern of the route that has it, or had it last. */
  readonly patterns: ReadonlyMap<number, string>;
}

export function createRunningProgram(init: {
  readonly program: LoadedProgram;
  readonly version: number;
  readonly loadedAtMs: number;
  readonly slots: SlotAssignments;
  readonly before: ReadonlyMap<number, string>;
}): RunningProgram {
  const { program, version, loadedAtMs, slots, before } = init;
  return {
    ...program,
    version,
    hash: hashConfig(program),
    loadedAtMs,
    slots,
    patterns: new Map([...before, ...listPatterns(program.config, slots)]),
  };
}

/** The patterns of the routes, and of the gateway's own paths, by their slots. */
export function listPatterns(config: Config, slots: SlotAssignments): [number, string][] {
  const routes = config.routes.map(({ name, match }) => ({ name, pattern: match.path }));
  return [...gatewayPaths('all'), ...routes].flatMap(({ name, pattern }) => {
    const slot = slots.routes[name];
    return slot === undefined ? [] : [[slot, pattern] as [number, string]];
  });
}

import type { LogLevel } from '../core/ports.ts';
import { logLevels } from '../telemetry/logger.ts';
import { readInteger, readText, UsageError, type OptionValues } from './command.ts';

/** The options of every command that runs a gateway. */
export const gatewayOptions = {
  workers: { type: 'string' },
  'log-level': { type: 'string' },
} as const;

/** Reads `--workers`; null where it is not given. */
export function readWorkers(values: OptionValues): number | null {
  if (values['workers'] === undefined) return null;
  return readInteger(values, 'workers', { fallback: 1, minimum: 1, maximum: 256 });
}

export function readLogLevel(values: OptionValues): LogLevel {
  const given = readText(values, 'log-level', 'info');
  const level = logLevels.find((known) => known === given);
  if (level === undefined) {
    throw new UsageError(`--log-level must be one of ${logLevels.join(', ')}, not ${JSON.stringify(given)}.`);
  }
  return level;
}

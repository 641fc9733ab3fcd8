import type * as ioredis from 'ioredis';
import type { Cluster, Redis, RedisOptions } from 'ioredis';
import type { RedisLocation } from '../core/store-location.ts';

/** How long a command may take before the store counts as lost. */
export const commandTimeoutMs = 200;
const connectTimeoutMs = 500;
const firstRetryMs = 50;
const longestRetryMs = 1_000;
const clusterRetryMs = 50;
const clusterRedirections = 4;

export type RedisClient = Redis | Cluster;

type Library = Pick<typeof ioredis, 'Cluster' | 'Redis'>;

/** Two connections, since one that has subscribed takes no other commands. A cluster's client has both inside. */
export interface RedisClients {
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
}

/**
 * Begins to connect; the clients connect again by themselves, for as long as they are not disconnected. Nothing is queued
 * while there is no connection: a command that cannot be sent fails at once.
 */
export async function createRedisClients(location: RedisLocation): Promise<RedisClients> {
  const library = await import('ioredis');
  const commands = openClient(library, location);
  return { commands, subscriber: location.mode === 'cluster' ? commands : openClient(library, location) };
}

/** One client that is as those of `createRedisClients`, for commands only. */
export async function createRedisClient(location: RedisLocation): Promise<RedisClient> {
  return openClient(await import('ioredis'), location);
}

function openClient({ Cluster, Redis }: Library, location: RedisLocation): RedisClient {
  const common = commonOptions(location);
  if (location.mode === 'cluster') {
    return new Cluster([...location.nodes], {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryDelay,
      slotsRefreshTimeout: connectTimeoutMs,
      maxRedirections: clusterRedirections,
      retryDelayOnFailover: clusterRetryMs,
      retryDelayOnClusterDown: clusterRetryMs,
      retryDelayOnTryAgain: clusterRetryMs,
      // A certificate is made out to a name, so names must not be turned into addresses beforehand.
      ...(location.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
    });
  }
  return new Redis({
    ...common,
    ...serverOptions(location),
    enableOfflineQueue: false,
    retryStrategy: retryDelay,
    // A server that a fail-over has turned into a replica says so; the next connection goes to the new master.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}

function commonOptions({ tls, username, password }: RedisLocation): RedisOptions {
  return {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    disconnectTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    // Nothing here needs the third version, and the second is spoken by every server and proxy.
    protocol: 2,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  };
}

function serverOptions(location: RedisLocation): RedisOptions {
  const { mode, nodes, tls, database, masterName, sentinelUsername, sentinelPassword } = location;
  if (mode === 'single') return { ...nodes[0], db: database };
  return {
    sentinels: [...nodes],
    name: masterName,
    db: database,
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: connectTimeoutMs,
    ...(sentinelUsername === null ? {} : { sentinelUsername }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  };
}

/** Milliseconds before the `attempt`th try to connect again; spread, so that many gateways do not come at once. */
function retryDelay(attempt: number): number {
  const delayMs = Math.min(firstRetryMs * 2 ** (attempt - 1), longestRetryMs);
  return delayMs * (0.75 + Math.random() / 2);
}

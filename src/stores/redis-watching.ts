/** How often a Redis server is asked whether it is there, while it has answered nothing else. */
export const pulseIntervalMs = 1_000;
/** While it is lost; to be spread, so that many gateways do not come at once. */
export const searchIntervalMs = 100;
/** After so long without an answer a connection that looks open is given up. */
export const hungConnectionMs = 3_000;

export const noConnection = 'there is no connection';
export const connectionClosed = 'the connection was closed';

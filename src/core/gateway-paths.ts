/** A path that the gateway answers itself instead of forwarding the request. */
export interface GatewayPath {
  /** The name of its route slot, such as `gateway:/health`: no route of a configuration is counted under it. */
  readonly name: string;
  /** Exact (`/health`), or a prefix of whole segments (`/admin/*`), on the normalised path. */
  readonly pattern: string;
}

function named(pattern: string): GatewayPath {
  return { name: `gateway:${pattern}`, pattern };
}

/** What orchestrators probe on the port that takes traffic. */
const probes: readonly GatewayPath[] = ['/livez', '/readyz'].map(named);
const views: readonly GatewayPath[] = ['/health', '/info', '/metrics', '/services/health'].map(named);
const admin: readonly GatewayPath[] = ['/admin/*'].map(named);

/** How much of the gateway's own is served on the main listeners. */
export type GatewayPathSelection = 'probes' | 'no-admin' | 'all';

/** The paths that are the gateway's own. */
export function gatewayPaths(selection: GatewayPathSelection): readonly GatewayPath[] {
  if (selection === 'probes') return probes;
  return selection === 'all' ? [...probes, ...views, ...admin] : [...probes, ...views];
}

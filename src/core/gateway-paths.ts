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
const others: readonly GatewayPath[] = ['/health', '/info', '/metrics', '/services/health', '/admin/*'].map(named);

/** The paths that are the gateway's own on the main listeners, by whether `admin` is `main`. */
export function gatewayPaths(adminOnMain: boolean): readonly GatewayPath[] {
  return adminOnMain ? [...probes, ...others] : probes;
}

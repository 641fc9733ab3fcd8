import { jsonResponse, type Endpoint } from '../endpoint.ts';
import { readUpstreams, type ServedUpstream } from '../served-upstreams.ts';

/** What runs here: version, configuration and the upstreams behind it. */
export const infoEndpoint: Endpoint = {
  path: '/info',
  answer(view) {
    const { configured, serving } = view.workers();
    return jsonResponse(200, {
      status: 'ok',
      name: 'sluice',
      version: view.version,
      uptime_seconds: Math.round(view.clock.now() - view.startedAtMs) / 1_000,
      workers: configured,
      workers_serving: serving,
      config: {
        version: view.configVersion,
        hash: view.configHash,
        loaded_at: new Date(view.configLoadedAtMs).toISOString(),
      },
      services: readUpstreams(view).map(describeUpstream),
    });
  },
};

function describeUpstream({ name, patterns, status, targets }: ServedUpstream): object {
  return {
    name,
    path_prefix: patterns.length === 0 ? null : prefixOf(patterns[0] ?? ''),
    paths: patterns,
    status,
    targets: targets.map((target) => ({ url: target.url, status: target.status })),
  };
}

/** `/api/users/*` → `/api/users`, `/*` → `/`; an exact path is its own prefix. */
function prefixOf(pattern: string): string {
  return pattern.endsWith('/*') ? pattern.slice(0, -2) || '/' : pattern;
}

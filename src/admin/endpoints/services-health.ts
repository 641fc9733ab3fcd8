import { jsonResponse, type Endpoint } from '../endpoint.ts';
import { readUpstreams, type ServedTarget } from '../served-upstreams.ts';

/** Each upstream with its targets and their last health check. */
export const servicesHealthEndpoint: Endpoint = {
  path: '/services/health',
  answer(view) {
    const services = readUpstreams(view).map(({ name, status, targets }) => {
      return { name, status, instances: targets.map(describeInstance) };
    });
    return jsonResponse(200, { status: 'ok', services });
  },
};

function describeInstance({ url, status, lastCheck, problem, ejectedForMs }: ServedTarget): object {
  return {
    url,
    status,
    last_check: lastCheck === null ? null : new Date(lastCheck.wallTimeMs).toISOString(),
    response_time_ms: lastCheck === null ? null : Math.round(lastCheck.durationMs * 100) / 100,
    error_message: problem,
    ...(ejectedForMs === null ? {} : { ejected_for_ms: Math.ceil(ejectedForMs) }),
  };
}

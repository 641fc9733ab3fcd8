import { jsonResponse, type Endpoint } from '../endpoint.ts';
import { readUpstreams, takesTraffic } from '../served-upstreams.ts';

/** How many targets take traffic. 503 when there are some and none does. */
export const healthEndpoint: Endpoint = {
  path: '/health',
  answer(view) {
    const targets = readUpstreams(view).flatMap((upstream) => upstream.targets);
    const healthy = targets.filter(takesTraffic).length;
    const available = healthy > 0 || targets.length === 0;
    return jsonResponse(available ? 200 : 503, {
      status: available ? 'ok' : 'unavailable',
      message: available ? 'The gateway is running.' : 'The gateway is running, but no backend is healthy.',
      healthy_backends: healthy,
      total_backends: targets.length,
      timestamp: new Date(view.clock.wallTime()).toISOString(),
    });
  },
};

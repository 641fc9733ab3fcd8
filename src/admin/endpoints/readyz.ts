import { jsonResponse, type Endpoint } from '../endpoint.ts';

/** The gateway takes traffic: 503 before every worker serves and once it drains. */
export const readyzEndpoint: Endpoint = {
  path: '/readyz',
  answer(view) {
    const status = view.status();
    return jsonResponse(status === 'ready' ? 200 : 503, { status });
  },
};

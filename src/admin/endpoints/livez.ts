import { jsonResponse, type Endpoint } from '../endpoint.ts';

/** The process lives: whoever reads this has its answer. */
export const livezEndpoint: Endpoint = {
  path: '/livez',
  answer: () => jsonResponse(200, { status: 'ok' }),
};

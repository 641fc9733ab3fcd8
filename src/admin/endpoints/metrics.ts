import { runInSlices } from '../../lib/slices.ts';
import { formatMetrics, prometheusContentType } from '../../telemetry/prometheus.ts';
import { jsonResponse, textResponse, type Endpoint } from '../endpoint.ts';
import type { GatewayView } from '../gateway-view.ts';
import { metricFamilies } from '../metric-families.ts';
import { readRequestTotals, type RequestTotals } from '../request-totals.ts';

const partLength = 16_384;

/**
 * Prometheus text, or a few sums as JSON for whoever asks for that. Either is made in slices, since with many routes it
 * takes some time, and the thread has questions of workers to answer meanwhile.
 */
export const metricsEndpoint: Endpoint = {
  path: '/metrics',
  async answer(view, request) {
    const totals = await runInSlices(readRequestTotals(view));
    const response = asksForJson(request)
      ? jsonResponse(200, summariseForPeople(view, totals))
      : textResponse(prometheusContentType, await runInSlices(writeText(view, totals)));
    response.headers.set('Vary', 'Accept');
    return response;
  },
};

/** Only who names JSON first gets it: scrapers list several text formats, browsers everything. */
function asksForJson(request: Request): boolean {
  return /^\s*application\/json\s*(?:[;,]|$)/i.test(request.headers.get('Accept') ?? '');
}

/**
 * Keeps what is written outside of the heap: thousands of strings that live until the end would be copied about by the
 * garbage collector, and nobody gets a turn meanwhile.
 */
function* writeText(view: GatewayView, totals: RequestTotals): Generator<void, Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = [];
  let part = '';
  for (const piece of formatMetrics(metricFamilies(view, totals))) {
    part += piece;
    if (part.length >= partLength) {
      parts.push(Buffer.from(part));
      part = '';
    }
    yield;
  }
  return Buffer.concat([...parts, Buffer.from(part)]);
}

function summariseForPeople(view: GatewayView, totals: RequestTotals): object {
  const { requests, rateLimited, durations, upstreams, counters } = totals;
  const byStatus: Record<string, number> = {};
  const byMethod: Record<string, number> = {};
  let total = counters.overflow;
  for (const { method, status, count } of requests) {
    byStatus[status] = (byStatus[status] ?? 0) + count;
    byMethod[method] = (byMethod[method] ?? 0) + count;
    total += count;
  }
  const breakers = upstreams.flatMap(({ name, breaker }) => (breaker === null ? [] : [{ name, breaker }]));
  return {
    uptime_seconds: round((view.clock.now() - view.startedAtMs) / 1_000),
    requests_total: total,
    requests_in_flight: counters.gauges.inFlight,
    rate_limited_total: rateLimited,
    requests_by_status: byStatus,
    requests_by_method: byMethod,
    latency_p50_ms: round(durations.quantileMs(0.5)),
    latency_p95_ms: round(durations.quantileMs(0.95)),
    latency_p99_ms: round(durations.quantileMs(0.99)),
    circuit_breakers: Object.fromEntries(breakers.map(({ name, breaker }) => [name, breaker.state])),
    circuit_breaker_trips: Object.fromEntries(breakers.map(({ name, breaker }) => [name, breaker.trips])),
    service_requests: Object.fromEntries(upstreams.map(({ name, requests: count }) => [name, count])),
    service_errors: Object.fromEntries(upstreams.map(({ name, errors }) => [name, errors])),
    service_avg_latency_ms: Object.fromEntries(
      upstreams.map(({ name, durations: spent }) => [name, round(spent.sumMicroseconds / spent.count / 1_000)]),
    ),
  };
}

/** To microseconds; what has not been observed is 0. */
function round(value: number): number {
  return Number.isNaN(value) ? 0 : Math.round(value * 1_000) / 1_000;
}

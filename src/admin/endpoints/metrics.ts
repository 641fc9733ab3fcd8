import { formatMetrics, prometheusContentType } from '../../telemetry/prometheus.ts';
import { jsonResponse, textResponse, type Endpoint } from '../endpoint.ts';
import type { GatewayView } from '../gateway-view.ts';
import { readMetricFamilies } from '../metric-families.ts';
import { readRequestTotals } from '../request-totals.ts';

/** Prometheus text, or a few sums as JSON for whoever asks for that. */
export const metricsEndpoint: Endpoint = {
  path: '/metrics',
  answer(view, request) {
    const response = asksForJson(request)
      ? jsonResponse(200, summariseForPeople(view))
      : textResponse(prometheusContentType, formatMetrics(readMetricFamilies(view)));
    response.headers.set('Vary', 'Accept');
    return response;
  },
};

/** Only who names JSON first gets it: scrapers list several text formats, browsers everything. */
function asksForJson(request: Request): boolean {
  return /^\s*application\/json\s*(?:[;,]|$)/i.test(request.headers.get('Accept') ?? '');
}

function summariseForPeople(view: GatewayView): object {
  const { requests, durations, upstreams, counters } = readRequestTotals(view);
  const byStatus: Record<string, number> = {};
  const byMethod: Record<string, number> = {};
  let total = counters.overflow;
  for (const { method, status, count } of requests) {
    byStatus[status] = (byStatus[status] ?? 0) + count;
    byMethod[method] = (byMethod[method] ?? 0) + count;
    total += count;
  }
  return {
    uptime_seconds: round((view.clock.now() - view.startedAtMs) / 1_000),
    requests_total: total,
    requests_in_flight: counters.gauges.inFlight,
    requests_by_status: byStatus,
    requests_by_method: byMethod,
    latency_p50_ms: round(durations.quantileMs(0.5)),
    latency_p95_ms: round(durations.quantileMs(0.95)),
    latency_p99_ms: round(durations.quantileMs(0.99)),
    service_requests: Object.fromEntries(upstreams.map(({ name, requests: count }) => [name, count])),
    service_errors: Object.fromEntries(upstreams.map(({ name, errors }) => [name, errors])),
    service_avg_latency_ms: Object.fromEntries(
      upstreams.map(({ name, durations: spent }) => [name, round(spent.sumMs / spent.count)]),
    ),
  };
}

/** To microseconds; what has not been observed is 0. */
function round(value: number): number {
  return Number.isNaN(value) ? 0 : Math.round(value * 1_000) / 1_000;
}

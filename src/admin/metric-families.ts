import type { MetricFamily, Sample } from '../telemetry/prometheus.ts';
import type { GatewayView } from './gateway-view.ts';
import { readRequestTotals, type DurationSummary, type RequestTotals } from './request-totals.ts';
import { readUpstreams, takesTraffic } from './served-upstreams.ts';

/** Everything that Prometheus may ask for. */
export function readMetricFamilies(view: GatewayView): MetricFamily[] {
  const totals = readRequestTotals(view);
  return [...gatewayFamilies(view, totals), ...requestFamilies(totals), ...backendFamilies(view, totals)];
}

function gatewayFamilies(view: GatewayView, { counters }: RequestTotals): MetricFamily[] {
  const { gauges, counters: plain } = counters;
  return [
    gauge('gateway_uptime_seconds', 'Time since the gateway started.', (view.clock.now() - view.startedAtMs) / 1_000),
    gauge('gateway_workers', 'Worker threads that serve traffic.', view.workers().serving),
    gauge('gateway_connections', 'Open connections of clients.', gauges.connections),
    gauge('gateway_requests_in_flight', 'Requests being processed.', gauges.inFlight),
    counter('gateway_connections_total', 'Connections of clients that were accepted.', plain.connectionsAccepted),
    counter('gateway_received_bytes_total', 'Bytes received from clients.', plain.bytesIn),
    counter('gateway_sent_bytes_total', 'Bytes sent to clients.', plain.bytesOut),
    counter('gateway_parse_refusals_total', 'Requests refused because they are not well-formed.', plain.parseRefusals),
  ];
}

function requestFamilies({ requests, durations, counters }: RequestTotals): MetricFamily[] {
  return [
    {
      name: 'gateway_http_requests_total',
      type: 'counter',
      help: 'Requests by method, pattern of the route and status.',
      samples: requests.map(({ method, path, status, count }) => ({
        labels: { method, path, status: String(status) },
        value: count,
      })),
    },
    counter(
      'gateway_http_requests_uncounted_total',
      'Requests that found no room among the series of gateway_http_requests_total.',
      counters.overflow,
    ),
    {
      name: 'gateway_http_request_duration_ms',
      type: 'summary',
      help: 'Time from the head of a request to the end of its answer, in milliseconds.',
      samples: summarySamples(durations),
    },
  ];
}

function backendFamilies(view: GatewayView, { upstreams }: RequestTotals): MetricFamily[] {
  const targets = readUpstreams(view).flatMap(({ name, targets: list }) => {
    return list.map((target) => ({
      labels: { service: name, target: target.url },
      value: takesTraffic(target) ? 1 : 0,
    }));
  });
  return [
    {
      name: 'gateway_backend_requests_total',
      type: 'counter',
      help: 'Requests sent to backends.',
      samples: upstreams.map(({ name, requests }) => ({ labels: { service: name }, value: requests })),
    },
    {
      name: 'gateway_backend_errors_total',
      type: 'counter',
      help: 'Requests to backends that failed.',
      samples: upstreams.map(({ name, errors }) => ({ labels: { service: name }, value: errors })),
    },
    {
      name: 'gateway_target_healthy',
      type: 'gauge',
      help: 'Whether a target takes traffic: 0 once a health check has failed.',
      samples: targets,
    },
  ];
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: 'gauge', help, samples: [{ value }] };
}

function counter(name: string, help: string, value: number): MetricFamily {
  return { name, type: 'counter', help, samples: [{ value }] };
}

function summarySamples({ count, sumMs, quantileMs }: DurationSummary): Sample[] {
  const quantiles = [0.5, 0.95, 0.99].map((q) => ({ labels: { quantile: String(q) }, value: quantileMs(q) }));
  return [...quantiles, { suffix: '_sum', value: sumMs }, { suffix: '_count', value: count }];
}

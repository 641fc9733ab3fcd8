import { readHoldOverflows } from '../state/client-holds.ts';
import { readBucketEvictions } from '../state/buckets.ts';
import { slotsInUse, type SlotsInUse } from '../state/layout.ts';
import type { MetricFamily, Sample } from '../telemetry/prometheus.ts';
import type { GatewayView } from './gateway-view.ts';
import type { DurationSummary, RequestTotals, UpstreamTotals } from './request-totals.ts';
import { readUpstreams, takesTraffic } from './served-upstreams.ts';

/** 1 closed, 0.5 half-open, 0 open. */
const breakerValues = { closed: 1, 'half-open': 0.5, open: 0 } as const;

/** Everything that Prometheus may ask for. The samples are made as they are read. */
export function metricFamilies(view: GatewayView, totals: RequestTotals): MetricFamily[] {
  return [
    ...gatewayFamilies(view, totals),
    ...configFamilies(view),
    ...workerFamilies(totals),
    ...requestFamilies(totals),
    ...refusalFamilies(view, totals),
    ...backendFamilies(view, totals),
    ...breakerFamilies(totals),
  ];
}

function gatewayFamilies(view: GatewayView, { counters }: RequestTotals): MetricFamily[] {
  const { gauges, counters: plain } = counters;
  const { configured, serving } = view.workers();
  const storeUp = view.storeUp();
  return [
    gauge('gateway_uptime_seconds', 'Time since the gateway started.', (view.clock.now() - view.startedAtMs) / 1_000),
    gauge('gateway_workers', 'Worker threads that serve traffic.', serving),
    gauge('gateway_workers_configured', 'Worker threads that there should be.', configured),
    gauge('gateway_connections', 'Open connections of clients.', gauges.connections),
    gauge('gateway_requests_in_flight', 'Requests being processed.', gauges.inFlight),
    counter('gateway_connections_total', 'Connections of clients that were accepted.', plain.connectionsAccepted),
    counter('gateway_received_bytes_total', 'Bytes received from clients.', plain.bytesIn),
    counter('gateway_sent_bytes_total', 'Bytes sent to clients.', plain.bytesOut),
    counter(
      'gateway_access_log_dropped_total',
      'Lines of the access log that were never written.',
      plain.accessLogDropped,
    ),
    counter(
      'gateway_access_log_errors_total',
      'Attempts to write or open the access log that failed.',
      plain.accessLogErrors,
    ),
    counter('gateway_mirrored_requests_total', 'Copies of requests that a mirror has answered.', plain.mirrored),
    counter(
      'gateway_mirrored_requests_dropped_total',
      'Copies of requests that were given up, so that no mirror has answered them.',
      plain.mirrorsDropped,
    ),
    {
      name: 'gateway_store_up',
      type: 'gauge',
      help: 'Whether the store of API keys and limits can be reached; absent where there is none beyond the gateway.',
      samples: storeUp === null ? [] : [{ value: storeUp ? 1 : 0 }],
    },
  ];
}

function configFamilies({ configVersion, configuration, state }: GatewayView): MetricFamily[] {
  const { successes, failures, lastSuccessMs } = configuration.counts();
  return [
    gauge('gateway_config_version', 'Version of the configuration that is served.', configVersion),
    {
      name: 'gateway_config_reloads_total',
      type: 'counter',
      help: 'Attempts to load the configuration again, by result.',
      samples: [
        { labels: { result: 'success' }, value: successes },
        { labels: { result: 'failure' }, value: failures },
      ],
    },
    gauge(
      'gateway_config_last_reload_successful',
      'Whether nothing was wrong with the configuration at the last attempt to load it.',
      configuration.failure() === null ? 1 : 0,
    ),
    gauge(
      'gateway_config_last_reload_success_timestamp_seconds',
      'When the configuration was last found to be right, in Unix time.',
      lastSuccessMs / 1_000,
    ),
    {
      name: 'gateway_slots_in_use',
      type: 'gauge',
      help: 'Names of routes, upstreams and targets that there have been since the start, as far as there is room for them.',
      samples: slotSamples(slotsInUse(state)),
    },
    {
      name: 'gateway_slots',
      type: 'gauge',
      help: 'Room for names of routes, upstreams and targets, which a restart makes larger.',
      samples: slotSamples(state.shape),
    },
  ];
}

function slotSamples(slots: SlotsInUse): Sample[] {
  return (['routes', 'upstreams', 'targets'] as const).map((kind) => ({ labels: { kind }, value: slots[kind] }));
}

function workerFamilies({ counters }: RequestTotals): MetricFamily[] {
  const workers = [...counters.perWorker.entries()];
  return [
    {
      name: 'gateway_worker_connections',
      type: 'gauge',
      help: 'Open connections of clients, by worker thread.',
      samples: workers.map(([worker, { connections }]) => ({ labels: { worker: `${worker}` }, value: connections })),
    },
    {
      name: 'gateway_worker_requests_in_flight',
      type: 'gauge',
      help: 'Requests being processed, by worker thread.',
      samples: workers.map(([worker, { inFlight }]) => ({ labels: { worker: `${worker}` }, value: inFlight })),
    },
  ];
}

function requestFamilies({ requests, durations, durationsByPath, counters }: RequestTotals): MetricFamily[] {
  return [
    {
      name: 'gateway_http_requests_total',
      type: 'counter',
      help: 'Requests by method, pattern of the route and status.',
      samples: eachSample(requests, ({ method, path, status, count }) => {
        return [{ labels: { method, path, status: String(status) }, value: count }];
      }),
    },
    counter(
      'gateway_http_requests_uncounted_total',
      'Requests that found no room among the series of gateway_http_requests_total.',
      counters.overflow,
    ),
    {
      name: 'gateway_http_request_duration_ms',
      type: 'summary',
      help: 'Time from the head of a request to the end of its answer, in milliseconds; quantiles of the last 5 minutes.',
      samples: summarySamples(durations),
    },
    histogram(
      'gateway_http_request_duration_seconds',
      'Time from the head of a request to the end of its answer, by pattern of the route.',
      eachSample(durationsByPath, ([path, durationsOfPath]) => durationsOfPath.samples({ path })),
    ),
  ];
}

function refusalFamilies(view: GatewayView, totals: RequestTotals): MetricFamily[] {
  const { refusals, shadowRefusals, rateLimited, counters } = totals;
  return [
    counter('gateway_rate_limited_total', 'Requests refused because a rate limit was used up.', rateLimited),
    {
      name: 'gateway_refusals_total',
      type: 'counter',
      help: 'Requests that the gateway refused or could not bring to their end, by pattern of the route and code.',
      samples: eachSample(refusals, ({ path, code, count }) => [{ labels: { path, code }, value: count }]),
    },
    {
      name: 'gateway_shadow_refusals_total',
      type: 'counter',
      help: 'Requests that a policy in shadow mode would have refused, by pattern of the route and code.',
      samples: eachSample(shadowRefusals, ({ path, code, count }) => [{ labels: { path, code }, value: count }]),
    },
    counter(
      'gateway_parse_refusals_total',
      'Requests refused because they are not well-formed.',
      counters.counters.parseRefusals,
    ),
    counter(
      'gateway_connections_refused_total',
      'Connections closed at once, because their clients had as many as they may.',
      counters.counters.connectionsRefused,
    ),
    counter(
      'gateway_client_limit_overflows_total',
      'Connections and requests let by without being counted by client, because there was no room for more clients.',
      readHoldOverflows(view.state),
    ),
    counter(
      'gateway_rate_limit_evictions_total',
      'Clients whose used-up tokens were forgotten, because more clients came at once than there is room for.',
      readBucketEvictions(view.state),
    ),
  ];
}

function backendFamilies(view: GatewayView, { upstreams }: RequestTotals): MetricFamily[] {
  const listByUpstream = (value: (totals: UpstreamTotals) => number): Sample[] =>
    upstreams.map((totals) => ({ labels: { service: totals.name }, value: value(totals) }));
  return [
    {
      name: 'gateway_backend_requests_total',
      type: 'counter',
      help: 'Requests sent to backends.',
      samples: listByUpstream(({ requests }) => requests),
    },
    {
      name: 'gateway_backend_errors_total',
      type: 'counter',
      help: 'Requests to backends that failed.',
      samples: listByUpstream(({ errors }) => errors),
    },
    {
      name: 'gateway_backend_retries_total',
      type: 'counter',
      help: 'Requests that were sent to a backend again.',
      samples: listByUpstream(({ retries }) => retries),
    },
    histogram(
      'gateway_backend_request_duration_seconds',
      'Time from the sending of a request to a backend to the end of its answer.',
      eachSample(upstreams, ({ name, durations }) => durations.samples({ service: name })),
    ),
    {
      name: 'gateway_target_healthy',
      type: 'gauge',
      help: 'Whether a target takes traffic: 0 once a health check has failed.',
      samples: readUpstreams(view).flatMap(({ name, targets }) =>
        targets.map((target) => ({
          labels: { service: name, target: target.url },
          value: takesTraffic(target) ? 1 : 0,
        })),
      ),
    },
    {
      name: 'gateway_target_ejected',
      type: 'gauge',
      help: 'Whether a target is left out because it failed requests; absent for upstreams without outliers.',
      samples: readUpstreams(view).flatMap(({ name, targets }) =>
        targets.flatMap(({ url, ejectedForMs }) =>
          ejectedForMs === null ? [] : [{ labels: { service: name, target: url }, value: ejectedForMs > 0 ? 1 : 0 }],
        ),
      ),
    },
  ];
}

function breakerFamilies({ upstreams }: RequestTotals): MetricFamily[] {
  const listByUpstream = (value: (breaker: NonNullable<UpstreamTotals['breaker']>) => number): Sample[] =>
    upstreams.flatMap(({ name, breaker }) =>
      breaker === null ? [] : [{ labels: { service: name }, value: value(breaker) }],
    );
  return [
    {
      name: 'gateway_circuit_breaker_state',
      type: 'gauge',
      help: 'State of the circuit breaker: 1 closed, 0.5 half-open, 0 open.',
      samples: listByUpstream(({ state }) => breakerValues[state]),
    },
    {
      name: 'gateway_circuit_breaker_trips_total',
      type: 'counter',
      help: 'How often the circuit breaker has opened.',
      samples: listByUpstream(({ trips }) => trips),
    },
  ];
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: 'gauge', help, samples: [{ value }] };
}

function counter(name: string, help: string, value: number): MetricFamily {
  return { name, type: 'counter', help, samples: [{ value }] };
}

function histogram(name: string, help: string, samples: Iterable<Sample>): MetricFamily {
  return { name, type: 'histogram', help, samples };
}

function* eachSample<Item>(items: Iterable<Item>, read: (item: Item) => Iterable<Sample>): Generator<Sample, void> {
  for (const item of items) yield* read(item);
}

function summarySamples({ count, sumMs, quantileMs }: DurationSummary): Sample[] {
  const quantiles = [0.5, 0.95, 0.99].map((q) => ({ labels: { quantile: String(q) }, value: quantileMs(q) }));
  return [...quantiles, { suffix: '_sum', value: sumMs }, { suffix: '_count', value: count }];
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMetrics, type MetricFamily } from './prometheus.ts';

function format(families: readonly MetricFamily[]): string {
  return [...formatMetrics(families)].join('');
}

test('a family is its help, its type and one line a sample', () => {
  const text = format([
    {
      name: 'gateway_requests_total',
      type: 'counter',
      help: 'Requests.',
      samples: [{ labels: { method: 'GET', path: '/a/*' }, value: 3 }, { value: 0.5 }],
    },
    {
      name: 'gateway_duration_ms',
      type: 'summary',
      help: 'Durations.',
      samples: [
        { labels: { quantile: '0.5' }, value: NaN },
        { suffix: '_count', value: 0 },
      ],
    },
  ]);
  assert.equal(
    text,
    [
      '# HELP gateway_requests_total Requests.',
      '# TYPE gateway_requests_total counter',
      'gateway_requests_total{method="GET",path="/a/*"} 3',
      'gateway_requests_total 0.5',
      '# HELP gateway_duration_ms Durations.',
      '# TYPE gateway_duration_ms summary',
      'gateway_duration_ms{quantile="0.5"} NaN',
      'gateway_duration_ms_count 0',
      '',
    ].join('\n'),
  );
});

test('backslashes, line ends and quotes are escaped, so that no label can end its line', () => {
  const text = format([
    { name: 'm', type: 'gauge', help: 'a\\b\nc "d"', samples: [{ labels: { l: 'a\\"b"\nm 1' }, value: 1 }] },
  ]);
  assert.equal(text, '# HELP m a\\\\b\\nc "d"\n# TYPE m gauge\nm{l="a\\\\\\"b\\"\\nm 1"} 1\n');
});

test('infinities are written as Prometheus reads them', () => {
  const text = format([{ name: 'm', type: 'gauge', help: 'h', samples: [{ value: Infinity }, { value: -Infinity }] }]);
  assert.match(text, /^m \+Inf\nm -Inf$/m);
});

test('a family without samples is left out', () => {
  assert.equal(format([{ name: 'm', type: 'gauge', help: 'h', samples: [] }]), '');
});

test('a name that the format does not allow is an error', () => {
  assert.throws(() => format([{ name: '1m', type: 'gauge', help: 'h', samples: [{ value: 1 }] }]), /"1m"/);
  assert.throws(
    () => format([{ name: 'm', type: 'gauge', help: 'h', samples: [{ labels: { 'a-b': '' }, value: 1 }] }]),
    /"a-b"/,
  );
});

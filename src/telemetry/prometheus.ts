export type MetricType = 'counter' | 'gauge' | 'summary' | 'histogram';

export interface Sample {
  /** Joined to the family's name: `_sum`, `_count`, `_bucket`. */
  readonly suffix?: '_sum' | '_count' | '_bucket';
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Read once. */
  readonly samples: Iterable<Sample>;
}

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Metric families in the Prometheus text format, version 0.0.4, piece by piece: the pieces joined are the document. A
 * family without samples is left out. Throws for a name that the format does not allow; values and labels may be
 * anything.
 */
export function* formatMetrics(families: Iterable<MetricFamily>): Generator<string, void> {
  for (const { name, type, help, samples } of families) {
    if (!metricName.test(name)) throw new Error(`${JSON.stringify(name)} is not a name of a metric.`);
    let header = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const { suffix = '', labels = {}, value } of samples) {
      yield `${header}${name}${suffix}${formatLabels(labels)} ${formatValue(value)}\n`;
      header = '';
    }
  }
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  let pairs = '';
  for (const [name, value] of Object.entries(labels)) {
    if (!labelName.test(name)) throw new Error(`${JSON.stringify(name)} is not a name of a label.`);
    pairs += `${pairs === '' ? '{' : ','}${name}="${escapeLabel(value)}"`;
  }
  return pairs === '' ? '' : `${pairs}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return /[\\\n"]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text;
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

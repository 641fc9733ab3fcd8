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
  readonly samples: readonly Sample[];
}

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Metric families in the Prometheus text format, version 0.0.4. A family without samples is left out. Throws for a name
 * that the format does not allow; values and labels may be anything.
 */
export function formatMetrics(families: readonly MetricFamily[]): string {
  return families
    .filter((family) => family.samples.length > 0)
    .map(formatFamily)
    .join('');
}

function formatFamily({ name, type, help, samples }: MetricFamily): string {
  if (!metricName.test(name)) throw new Error(`${JSON.stringify(name)} is not a name of a metric.`);
  const lines = samples.map(
    ({ suffix = '', labels = {}, value }) => `${name}${suffix}${formatLabels(labels)} ${formatValue(value)}\n`,
  );
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    if (!labelName.test(name)) throw new Error(`${JSON.stringify(name)} is not a name of a label.`);
    return `${name}="${escapeHelp(value).replaceAll('"', '\\"')}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

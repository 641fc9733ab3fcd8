export type Value = string | number | null;

export interface Column {
  readonly key: string;
  readonly heading: string;
  /** Decimals of a number; default 0. */
  readonly decimals?: number;
}

/** The outcome of one measurement. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<string, Value>>[];
  /** What was missing or went wrong, one sentence each. */
  readonly notes: readonly string[];
}

/** A Markdown table, aligned so that it reads well as plain text too, and the notes below it. */
export function formatTable({ columns, rows, notes }: Table): string {
  const isNumeric = columns.map(({ key }) => rows.some((row) => typeof row[key] === 'number'));
  const body = rows.map((row) => columns.map((column) => formatValue(row[column.key] ?? null, column)));
  const widths = columns.map(({ heading }, at) =>
    Math.max(heading.length, 4, ...body.map((cells) => cells[at]?.length ?? 0)),
  );
  const pad = (text: string, at: number): string =>
    isNumeric[at] === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
  const line = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, at) => (isNumeric[at] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const lines = [line(columns.map(({ heading }) => heading)), `| ${rule.join(' | ')} |`, ...body.map(line)];
  const table = rows.length === 0 ? '' : lines.join('\n');
  return [table, ...notes].filter((part) => part !== '').join('\n\n');
}

function formatValue(value: Value, { decimals = 0 }: Column): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  return value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

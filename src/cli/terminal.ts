import { stripVTControlCharacters } from 'node:util';

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
}

const plain: Paint = (text) => text;
const plainStyle: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };

function sgr(on: number, off: number): Paint {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}

const colourStyle: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
};

/** Colours for a terminal; plain text elsewhere, with a non-empty `NO_COLOR` (no-color.org) and on a dumb terminal. */
export function createStyle(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Style {
  const coloured = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return coloured ? colourStyle : plainStyle;
}

export type Alignment = 'left' | 'right';

/** Pads to `width` visible characters; colour sequences take no room. A longer text is left as it is. */
export function padCell(text: string, width: number, alignment: Alignment = 'left'): string {
  const padding = ' '.repeat(Math.max(0, width - stripVTControlCharacters(text).length));
  return alignment === 'left' ? text + padding : padding + text;
}

/** Rows to lines: each column as wide as its widest cell, two spaces between, nothing at the end of a line. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stripVTControlCharacters(cell).length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => padCell(cell, widths[column] ?? 0, alignments[column]))
      .join('  ')
      .trimEnd(),
  );
}

/** Text from elsewhere, made safe to print: control characters become `?`, what exceeds `maximum` is cut. */
export function printable(text: string, maximum = 60): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return safe.length > maximum ? `${safe.slice(0, maximum - 1)}…` : safe;
}

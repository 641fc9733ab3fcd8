import { readdirSync, readFileSync } from 'node:fs';

// A file in golden/ is one test: `=== sluice.yaml` (or .toml, .json) begins the input, `=== env` lines of NAME=value,
// and the last section is what must come out: `=== issues`, or else `=== config`,
// `=== findings` or `=== print`.

export const goldenFolder = new URL('./golden/', import.meta.url);
export const goldenFiles: readonly string[] = readdirSync(goldenFolder).filter((file) => file.endsWith('.txt'));

/** The sections of a golden file by their names. */
export function readSections(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of text.split(/^=== /m).slice(1)) {
    const end = part.indexOf('\n');
    sections.set(part.slice(0, end).trim(), part.slice(end + 1));
  }
  return sections;
}

export function readGolden(file: string): string {
  return readFileSync(new URL(file, goldenFolder), 'utf8');
}

/** Lines of NAME=value. */
export function readVariables(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

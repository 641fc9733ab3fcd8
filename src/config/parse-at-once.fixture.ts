import type { Document } from './document.ts';
import type { Issue } from './issues.ts';
import { parseJson } from './json-text.ts';
import { parseWith, type ConfigText } from './parse.ts';
import { parseToml } from './toml-text.ts';
import { parseYaml } from './yaml-text.ts';

const parsers = { yaml: parseYaml, toml: parseToml, json: parseJson };

/** As `parseDocument`, with all parsers loaded already. */
export function parseAtOnce(config: ConfigText): { document: Document } | { issues: Issue[] } {
  return parseWith(parsers[config.format], config);
}

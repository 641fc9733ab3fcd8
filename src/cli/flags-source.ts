import type { Document } from '../config/document.ts';
import { isPosition, type Issue } from '../config/issues.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { documentFromFlags, flagNames, type FlagName, type FlagValues } from '../doors/flags.ts';
import { builtInPolicies } from '../policies/index.ts';
import { readText, type OptionValues } from './command.ts';

/** Loads the configuration that flags stand for. */
export function loadFlagsConfig(
  values: OptionValues,
): { config: Config; document: Document; written: unknown } | { issues: Issue[] } {
  const document = documentFromFlags(readFlagValues(values));
  const loaded = loadConfig(document, builtInPolicies);
  return 'issues' in loaded ? { issues: loaded.issues.map(withoutPath) } : { ...loaded, document };
}

function readFlagValues(values: OptionValues): FlagValues {
  const given: Partial<Record<FlagName, string>> = {};
  for (const name of flagNames) {
    if (values[name] !== undefined) given[name] = readText(values, name, '');
  }
  return given;
}

/** Where the value of a flag has gone in the document is of no use to whoever wrote the flag. */
function withoutPath(issue: Issue): Issue {
  const { location } = issue;
  const namesFlag = location !== undefined && !isPosition(location) && location.label.startsWith('-');
  return namesFlag ? { ...issue, path: '' } : issue;
}

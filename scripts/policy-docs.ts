/** Writes a page for each policy: `node scripts/policy-docs.ts`; with `--check`, tells which ones differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { builtInPolicies } from '../src/policies/index.ts';
import { fence, policyPage, policyTable } from './policy-page.ts';

const root = path.dirname(import.meta.dirname);
const folder = 'docs/policies';

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** The text with what stands between two marks replaced. */
function replaceMarked(text: string, mark: string, content: string): string {
  const [before, rest] = text.split(`<!-- begin ${mark} -->`);
  const [, after] = rest?.split(`<!-- end ${mark} -->`) ?? [];
  if (before === undefined || after === undefined) throw new Error(`there is no place for ${mark}`);
  return `${before}<!-- begin ${mark} -->\n\n${content}\n\n<!-- end ${mark} -->${after}`;
}

/** Every generated file and its text. */
function listPages(): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  for (const definition of builtInPolicies) {
    const { name } = definition;
    const example = {
      config: read(`${folder}/examples/${name}.yaml`),
      tests: read(`${folder}/examples/${name}.test.yaml`),
    };
    pages.set(`${folder}/${name}.md`, policyPage(definition, builtInPolicies, example));
  }
  const start = `${folder}/README.md`;
  let text = replaceMarked(read(start), 'policies', policyTable(builtInPolicies));
  for (const [mark, language] of Object.entries({
    'policies/signed.ts': 'ts',
    'own-policy.yaml': 'yaml',
    'own-policy.test.yaml': 'yaml',
  })) {
    text = replaceMarked(text, mark, fence(read(`examples/${mark}`), language));
  }
  return pages.set(start, text);
}

const differing = [...listPages()].filter(([file, text]) => {
  try {
    return read(file) !== text;
  } catch {
    return true;
  }
});

if (!process.argv.includes('--check')) {
  for (const [file, text] of differing) writeFileSync(path.join(root, file), text);
} else if (differing.length > 0) {
  console.error(`${differing.map(([file]) => file).join(', ')}: run "node scripts/policy-docs.ts".`);
  process.exitCode = 1;
}

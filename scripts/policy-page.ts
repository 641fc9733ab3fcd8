import { createJsonSchema } from '../src/config/json-schema.ts';
import { errorCodes } from '../src/core/error-codes.ts';
import type { PolicyDefinition } from '../src/core/policy.ts';

/** The parts of JSON Schema that the configuration's schema is made of. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
}

interface OptionRow {
  readonly option: string;
  readonly value: string;
  readonly fallback: string;
  readonly description: string;
}

/** A configuration and what it promises, as they are in `docs/policies/examples`. */
export interface PolicyExample {
  readonly config: string;
  readonly tests: string;
}

const notice =
  '<!-- This page is generated: change the policy in src/policies, or the example, and run node scripts/policy-docs.ts. -->';

/** The page of one policy. */
export function policyPage(
  definition: PolicyDefinition,
  all: readonly PolicyDefinition[],
  example: PolicyExample,
): string {
  const { name, summary, refusals = [], notes = [] } = definition;
  const rows = listOptions(optionsSchemaOf(name, all));
  const parts = [
    `# ${name}`,
    notice,
    summary,
    '## Options',
    optionsTable(rows),
    ...(refusals.length === 0 ? [] : ['## What it refuses requests with', refusalsTable(refusals)]),
    ...(notes.length === 0 ? [] : ['## What else to know', ...notes]),
    '## An example',
    fence(example.config),
    `What it does, as \`sluice test docs/policies/examples/${name}.test.yaml\` holds it to:`,
    fence(example.tests),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The table of all policies, for their start page. */
export function policyTable(definitions: readonly PolicyDefinition[]): string {
  const rows = definitions.map(({ name, summary }) => [`[\`${name}\`](${name}.md)`, summary]);
  return table(['policy', ''], rows);
}

export function fence(text: string, language = 'yaml'): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

function optionsSchemaOf(name: string, all: readonly PolicyDefinition[]): Schema {
  const root = createJsonSchema(all) as Schema;
  const found = root.properties?.['policies']?.items?.properties?.[name];
  if (found === undefined) throw new Error(`the schema has no policy ${name}`);
  return found;
}

function listOptions(schema: Schema, prefix = ''): readonly OptionRow[] {
  const own = plainForms(schema).find(({ properties }) => properties !== undefined) ?? schema;
  return Object.entries(own.properties ?? {}).flatMap(([key, option]) => {
    const isRequired = own.required?.includes(key) === true;
    const row = {
      option: prefix + key,
      value: describeValue(option),
      fallback: isRequired ? 'required' : formatDefault(option.default),
      description: option.description ?? '',
    };
    const item = plainForms(option).find(({ items }) => items !== undefined)?.items;
    const inner = item === undefined ? listOptions(option, `${row.option}.`) : listOptions(item, `${row.option}[].`);
    return [row, ...inner];
  });
}

/** Without those that only stand for a variable. */
function plainForms(schema: Schema): readonly Schema[] {
  return schema.anyOf?.filter(({ $ref }) => $ref === undefined) ?? [schema];
}

function describeValue(schema: Schema): string {
  const forms = [...new Set(plainForms(schema).map(describeForm))];
  const examples = schema.examples ?? plainForms(schema).flatMap((form) => form.examples ?? []);
  const shown = examples.slice(0, 4).map((example) => `\`${String(example)}\``);
  return shown.length === 0 ? forms.join(' or ') : `${forms.join(' or ')}, such as ${shown.join(', ')}`;
}

function describeForm({ type, enum: values, items, additionalProperties, minimum, maximum }: Schema): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (items !== undefined) return `list of ${plainForms(items).map(describePlural).join(' or ')}`;
  if (typeof additionalProperties === 'object') return 'mapping of names to texts';
  const one = typeof type === 'string' ? type : (type?.find((name) => name !== 'null') ?? 'text');
  if (one === 'integer' && maximum !== undefined) return `${minimum ?? 0} to ${maximum}`;
  return typeNames[one] ?? one;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'mapping',
  boolean: '`true` or `false`',
  number: 'number',
  integer: 'number',
};

function describePlural({ type }: Schema): string {
  return type === 'object' ? 'mappings' : 'texts';
}

function formatDefault(value: unknown): string {
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  return `\`${text.length > 160 ? '…' : text.replaceAll('","', '", "')}\``;
}

function optionsTable(rows: readonly OptionRow[]): string {
  const cells = rows.map(({ option, value, fallback, description }) => [`\`${option}\``, value, fallback, description]);
  return table(['option', 'value', 'default', ''], cells);
}

function refusalsTable(codes: NonNullable<PolicyDefinition['refusals']>): string {
  const cells = codes.map((code) => [
    `[\`${code}\`](../errors.md#${code})`,
    String(errorCodes[code].status),
    errorCodes[code].title,
  ]);
  return table(['code', 'status', ''], cells);
}

/** A table with columns of even width, as the formatter leaves it. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = heading.map((title, column) =>
    Math.max(3, title.length, ...escaped.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...escaped.map(line)].join('\n');
}

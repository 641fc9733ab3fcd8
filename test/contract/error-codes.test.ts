import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Visitor } from 'oxc-parser';
import { errorCodes, type ErrorCodeEntry } from '../../src/core/error-codes.ts';
import { isTestFile, parseSource, readSources, readString, readText } from './sources.ts';
import type { SourceFile } from './sources.ts';

type ErrorTable = Readonly<Record<string, ErrorCodeEntry>>;

const tableFile = 'src/core/error-codes.ts';
const leastWords = 8;

/** The document's sections: heading `## code` → the text up to the next heading. */
function readSections(document: string): { code: string; body: string }[] {
  const [, ...sections] = document.split(/^## /m);
  return sections.map((section) => {
    const [heading = '', ...lines] = section.split('\n');
    return { code: heading.trim(), body: lines.join('\n') };
  });
}

function describeFacts({ status, source, retryable }: ErrorCodeEntry): string {
  return `Status ${status} · source: ${source} · retryable: ${retryable ? 'yes' : 'no'}`;
}

function countWords(body: string, label: string): number {
  const text = new RegExp(`^\\*\\*${label}\\*\\*(.*?)(?=^\\*\\*|\\s*$(?![\\s\\S]))`, 'ms').exec(body)?.[1] ?? '';
  return text.split(/\s+/).filter((word) => word !== '').length;
}

function checkSection(code: string, entry: ErrorCodeEntry, body: string): string[] {
  const faults: string[] = [];
  const lines = body.split('\n');
  for (const expected of [`**${entry.title}**`, describeFacts(entry)]) {
    if (!lines.includes(expected)) faults.push(`${code}: has no line "${expected}"`);
  }
  for (const label of ['Why it happens.', 'What to do.']) {
    if (countWords(body, label) < leastWords) faults.push(`${code}: "**${label}**" has to be followed by a sentence`);
  }
  return faults;
}

function compareWithDocument(table: ErrorTable, document: string): string[] {
  const sections = readSections(document);
  const written = sections.map(({ code }) => code);
  const undocumented = Object.keys(table).filter((code) => !written.includes(code));
  return [
    ...undocumented.map((code) => `${code}: has no section`),
    ...written.filter((code, index) => written.indexOf(code) !== index).map((code) => `${code}: has two sections`),
    ...sections.flatMap(({ code, body }) => {
      const entry = table[code];
      return entry === undefined ? [`${code}: is not in the table`] : checkSection(code, entry, body);
    }),
  ];
}

/** Codes that no code of the product says, neither as a string nor as `errorCodes.code`; types do not count. */
function findUnusedCodes(codes: readonly string[], sources: readonly SourceFile[]): string[] {
  const said = new Set<string>();
  for (const source of sources.filter((it) => it.path !== tableFile && !isTestFile(it.path))) {
    const inTypes = new Set<number>();
    new Visitor({
      TSLiteralType: ({ literal }) => inTypes.add(literal.start),
      Literal: (node) => {
        const text = readString(node);
        if (text !== undefined && !inTypes.has(node.start)) said.add(text);
      },
      MemberExpression: ({ object, property }) => {
        const isTable = object.type === 'Identifier' && object.name === 'errorCodes';
        if (isTable && property.type === 'Identifier') said.add(property.name);
      },
    }).visit(source.program);
  }
  return codes.filter((code) => !said.has(code));
}

describe('error codes', () => {
  test('are what docs/errors.md says, each with its own section', () => {
    assert.deepEqual(compareWithDocument(errorCodes, readText('docs/errors.md')), []);
  });

  test('are all used outside of their table', () => {
    assert.deepEqual(findUnusedCodes(Object.keys(errorCodes), readSources('src/**/*.ts')), []);
  });
});

describe('the check of error codes', () => {
  const entry: ErrorCodeEntry = { status: 503, title: 'Nobody is there', source: 'gateway', retryable: true };
  const section = [
    '## nobody',
    '',
    '**Nobody is there**',
    '',
    'Status 503 · source: gateway · retryable: yes',
    '',
    '**Why it happens.** Everybody went home some time ago,',
    'and the door was left open.',
    '',
    '**What to do.** Come back tomorrow morning when somebody is there.',
    '',
  ].join('\n');
  const faultsOf = (document: string) => compareWithDocument({ nobody: entry }, `# Errors\n\n${document}`);

  test('accepts a section that says everything', () => assert.deepEqual(faultsOf(section), []));

  test('finds a code without a section, a section without a code, and a second section', () => {
    assert.deepEqual(faultsOf(''), ['nobody: has no section']);
    assert.deepEqual(faultsOf(`${section}\n## somebody\n`), ['somebody: is not in the table']);
    assert.deepEqual(faultsOf(`${section}\n${section}`), ['nobody: has two sections']);
  });

  test('finds each fact that differs from the table', () => {
    const changes: readonly [from: string, to: string][] = [
      ['Status 503', 'Status 502'],
      ['source: gateway', 'source: upstream'],
      ['retryable: yes', 'retryable: no'],
      ['**Nobody is there**', '**Somebody is there**'],
    ];
    for (const [from, to] of changes) assert.equal(faultsOf(section.replace(from, to)).length, 1, to);
  });

  test('finds a section that does not say why, or not what to do', () => {
    assert.equal(faultsOf(section.replace('**Why it happens.**', '')).length, 1);
    assert.equal(faultsOf(section.replace(/Everybody[^]*open\./, 'Because.')).length, 1);
    assert.equal(faultsOf(section.replace(/Come back .*/, 'Wait.')).length, 1);
  });

  test('finds a code that is only in its table, in tests, in types or in comments', () => {
    const parse = (file: string, text: string) => parseSource(file, text);
    const unusedIn = (...sources: SourceFile[]) => findUnusedCodes(['nobody'], sources);
    assert.deepEqual(
      unusedIn(
        parse(tableFile, "const a = 'nobody';"),
        parse('src/lib/a.test.ts', "const a = 'nobody';"),
        parse('src/lib/a.ts', "// 'nobody'\ntype A = 'nobody'; const a = { nobody: 1 };"),
      ),
      ['nobody'],
    );
    assert.deepEqual(unusedIn(parse('src/lib/a.ts', "refuse('nobody');")), []);
    assert.deepEqual(unusedIn(parse('src/lib/a.ts', 'refuse(errorCodes.nobody);')), []);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from './document.ts';
import { isPosition, type Issue } from './issues.ts';
import { loadConfig } from './load.ts';
import { parseAtOnce } from './parse-at-once.fixture.ts';
import type { TextFormat } from './parse.ts';

function parse(format: TextFormat, text: string): Document {
  const result = parseAtOnce({ text, format, file: `sluice.${format}`, variables: {} });
  assert.ok('document' in result, JSON.stringify(result));
  return result.document;
}

function issuesOf(format: TextFormat, text: string): Issue[] {
  const result = parseAtOnce({ text, format, file: `sluice.${format}`, variables: {} });
  assert.ok('issues' in result);
  return result.issues;
}

function place(document: Document, path: (string | number)[], part?: 'key' | 'value'): string {
  const location = document.locate(path, part);
  assert.ok(isPosition(location));
  return `${location.line}:${location.column}`;
}

test('places of keys, values and items are found in YAML', () => {
  const document = parse('yaml', 'a:\n  b: [1, {c: 2}]\n  "d e": &x\n    f: 1\ng: *x\nh:\n');
  assert.equal(place(document, ['a', 'b'], 'key'), '2:3');
  assert.equal(place(document, ['a', 'b', 1, 'c']), '2:14');
  assert.equal(place(document, ['a', 'd e', 'f']), '4:8');
  assert.equal(place(document, ['g', 'f']), '4:8');
  assert.equal(place(document, ['h']), '6:1');
});

test('places are found in TOML', () => {
  const text = 'a.b = [1, { c = 2 }]\n[d."e f"]\ng = """x\ny"""\nh = 1\n[[i]]\nj = 1\n[[i]]\n[i.k]\nl = 1\n';
  const document = parse('toml', text);
  assert.equal(place(document, ['a', 'b'], 'key'), '1:3');
  assert.equal(place(document, ['a', 'b', 1, 'c']), '1:17');
  assert.equal(place(document, ['d', 'e f', 'h']), '5:5');
  assert.equal(place(document, ['i', 0, 'j']), '7:5');
  assert.equal(place(document, ['i', 1]), '8:3');
  assert.equal(place(document, ['i', 1, 'k', 'l']), '10:5');
});

test('places are found in JSON', () => {
  const document = parse('json', '{\n\t"a": { "b": [1, { "c": 2 }] }\n}');
  assert.equal(place(document, ['a', 'b'], 'key'), '2:9');
  assert.equal(place(document, ['a', 'b', 1, 'c']), '2:25');
});

test('what is missing is placed where it would stand', () => {
  const document = parse('yaml', 'a:\n  - b: 1\n');
  assert.equal(place(document, ['a', 0, 'c']), '2:5');
  assert.equal(place(document, ['a', 7, 'c']), '1:1');
  assert.equal(place(document, ['z']), '1:1');
});

test('a byte order mark and CRLF change neither values nor places', () => {
  for (const [format, text] of [
    ['yaml', '\ufeffa: 1\r\nb: 2\r\n'],
    ['toml', '\ufeffa = 1\r\nb = 2\r\n'],
    ['json', '\ufeff{"a": 1,\r\n"b": 2}\r\n'],
  ] as const) {
    const document = parse(format, text);
    assert.deepEqual({ ...(document.value as object) }, { a: 1, b: 2 }, format);
    assert.equal(place(document, ['b'], 'key'), '2:1', format);
    const location = document.locate(['a'], 'key');
    assert.ok(isPosition(location) && !location.lineText.includes('\r') && !location.lineText.includes('\ufeff'));
  }
});

test('a text over 1 MiB, and one that is nested too deeply, are refused in every format', () => {
  const deep = 100_000;
  const texts: Record<TextFormat, [string, string]> = {
    yaml: [`a: ${'x'.repeat(1_100_000)}`, '['.repeat(deep) + ']'.repeat(deep)],
    toml: [`a = "${'x'.repeat(1_100_000)}"`, `a = ${'['.repeat(deep)}${']'.repeat(deep)}`],
    json: [`"${'x'.repeat(1_100_000)}"`, '['.repeat(deep) + ']'.repeat(deep)],
  };
  for (const [format, [large, nested]] of Object.entries(texts) as [TextFormat, [string, string]][]) {
    assert.match(issuesOf(format, large)[0]?.message ?? '', /1 MiB/, format);
    assert.ok(issuesOf(format, nested).length >= 1, format);
  }
});

test('messages about syntax hold no text of the source', () => {
  const secret = 'hunter2';
  const texts: [TextFormat, string][] = [
    ['yaml', `password: *${secret}`],
    ['yaml', `password: "${secret}" ${secret}`],
    ['yaml', `password: !${secret} x`],
    ['yaml', `password: "\\u${secret}"`],
    ['yaml', `password: |${secret}\n  x`],
    ['yaml', `password: [${secret}`],
    ['yaml', `- a\n${secret}`],
    ['yaml', `%${secret}\n---\na: 1\n`],
    ['toml', `password = ${secret}`],
    ['toml', `password = "${secret}`],
    ['json', `{"password": ${secret}}`],
    ['json', `{"password": "${secret}`],
  ];
  for (const [format, text] of texts) {
    const issues = issuesOf(format, text);
    assert.ok(issues.length > 0, text);
    for (const issue of issues) assert.ok(!issue.message.includes(secret), `${text}: ${issue.message}`);
  }
});

test('references may stand unquoted in a flow mapping', () => {
  const text = 'auth: { username: admin, password: ${ADMIN_PASSWORD}, list: [${A:-x, y: [1]}, "${B:-}"] }';
  const variables = { ADMIN_PASSWORD: 'a: {b}', B: 'c' };
  const result = parseAtOnce({ text, format: 'yaml', file: 'a.yaml', variables });
  assert.ok('document' in result);
  assert.deepEqual(result.document.value, {
    auth: { username: 'admin', password: 'a: {b}', list: ['x, y: [1]', 'c'] },
  });
});

/** On a busy machine; each of these once took from several seconds to a minute. */
const patienceMs = 1_500;

const faulty: readonly [what: string, format: TextFormat, text: string, issues: number][] = [
  ['1,000 misspelled keys on one line', 'json', routesOnOneLine(1_000), 1_000],
  ['3,000 unknown keys on lines of their own', 'yaml', repeat(3_000, '\n', (index) => `k${index}: 1`), 3_001],
  ['10,000 passwords on one line', 'json', `{"x":[${repeat(10_000, ',', (index) => `{"pasword":p${index}}`)}]}`, 1],
];

function repeat(count: number, separator: string, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join(separator);
}

function routesOnOneLine(count: number): string {
  const route = (index: number) => `{"name":"r${index}","match":{"path":"/p${index}/*"},"upstrem":"a"}`;
  const upstreams = '"upstreams":{"a":{"targets":["http://a:1"]}}';
  return `{"listeners":[{"address":":8080"}],${upstreams},"routes":[${repeat(count, ',', route)}]}`;
}

for (const [what, format, text, count] of faulty) {
  test(`${what} are told of in time`, () => {
    const before = performance.now();
    const read = parseAtOnce({ text, format, file: `sluice.${format}`, variables: {} });
    const loaded = 'issues' in read ? read : loadConfig(read.document);
    const tookMs = performance.now() - before;
    assert.ok('issues' in loaded);
    assert.equal(loaded.issues.length, count);
    assert.ok(tookMs < patienceMs, `it took ${Math.round(tookMs)} ms`);
  });
}

test('the words of a line are masked, and its columns are right, whichever issue asks for it', () => {
  const document = parse('json', '{"token": "hunter2", "x": {"password": "hunter3", "y": 1}}');
  for (const path of [['x', 'y'], ['token'], ['x', 'y']]) {
    const location = document.locate(path, 'key');
    assert.ok(isPosition(location));
    assert.equal(location.lineText, '{"token": ***, "x": {"password": ***, "y": 1}}');
    assert.ok(location.lineText.startsWith(`"${path.at(-1)}"`, (location.shownColumn ?? 0) - 1));
  }
});

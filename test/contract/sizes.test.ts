import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Function as FunctionNode, type ArrowFunctionExpression, type Node, Visitor } from 'oxc-parser';
import { isTestFile, lineOf, parseSource, readAllSources } from './sources.ts';
import type { SourceFile } from './sources.ts';

const maximumFileLines = 300;
const maximumFunctionLines = 60;
const maximumParameters = 4;

/** Files whose default export is asked for by whoever loads them. */
const defaultExportsAskedFor = new Set(['scripts/totals-reporter.ts']);

type AnyFunction = FunctionNode | ArrowFunctionExpression;

/** In a test file the function given to `describe` is a table of contents, not a function with a job. */
function listSuiteBodies(source: SourceFile): Set<Node> {
  const bodies = new Set<Node>();
  if (!isTestFile(source.path)) return bodies;
  new Visitor({
    CallExpression: ({ callee, arguments: given }) => {
      if (callee.type !== 'Identifier' || (callee.name !== 'describe' && callee.name !== 'suite')) return;
      for (const argument of given) bodies.add(argument);
    },
  }).visit(source.program);
  return bodies;
}

function findOversized(source: SourceFile): string[] {
  const faults: string[] = [];
  const fileLines = source.text.replace(/\n$/, '').split('\n').length;
  if (fileLines > maximumFileLines) {
    faults.push(`${source.path}: ${fileLines} lines, the budget is ${maximumFileLines}`);
  }
  const suiteBodies = listSuiteBodies(source);
  const checkFunction = (node: AnyFunction) => {
    const line = lineOf(source, node.start);
    const lines = lineOf(source, node.end) - line + 1;
    const parameters = node.params.filter((it) => !(it.type === 'Identifier' && it.name === 'this')).length;
    if (lines > maximumFunctionLines && !suiteBodies.has(node)) {
      faults.push(`${source.path}:${line}: a function of ${lines} lines, the budget is ${maximumFunctionLines}`);
    }
    if (parameters > maximumParameters) {
      faults.push(`${source.path}:${line}: ${parameters} parameters, the budget is ${maximumParameters}`);
    }
  };
  new Visitor({
    FunctionDeclaration: checkFunction,
    FunctionExpression: checkFunction,
    ArrowFunctionExpression: checkFunction,
  }).visit(source.program);
  return faults;
}

function findLooseTypes(source: SourceFile): string[] {
  const faults: string[] = [];
  const visitor = new Visitor({
    TSAnyKeyword: ({ start }) => faults.push(`${source.path}:${lineOf(source, start)}: any`),
  });
  visitor.visit(source.program);
  return faults;
}

function findDefaultExports(source: SourceFile): string[] {
  if (defaultExportsAskedFor.has(source.path)) return [];
  const faults: string[] = [];
  const add = (offset: number) => faults.push(`${source.path}:${lineOf(source, offset)}: a default export`);
  new Visitor({
    ExportDefaultDeclaration: ({ start }) => add(start),
    TSExportAssignment: ({ start }) => add(start),
    ExportSpecifier: ({ exported, start }) => {
      if ((exported.type === 'Literal' ? exported.value : exported.name) === 'default') add(start);
    },
  }).visit(source.program);
  return faults;
}

describe('every source file', () => {
  const sources = readAllSources();

  test('keeps within the budgets of lines and parameters', () => {
    assert.ok(sources.length > 0);
    assert.deepEqual(sources.flatMap(findOversized), []);
  });

  test('says what its types are, without any', () => assert.deepEqual(sources.flatMap(findLooseTypes), []));

  test('exports by name', () => assert.deepEqual(sources.flatMap(findDefaultExports), []));
});

describe('the check of sizes', () => {
  const faultsOf = (text: string, file = 'src/lib/a.ts') => findOversized(parseSource(file, text));
  const statements = (count: number) => 'run();\n'.repeat(count);

  test('counts the lines of a file', () => {
    assert.deepEqual(faultsOf(statements(300)), []);
    assert.equal(faultsOf(statements(301)).length, 1);
  });

  test('counts the lines of functions, arrow functions and methods', () => {
    assert.deepEqual(faultsOf(`function a() {\n${statements(58)}}`), []);
    assert.equal(faultsOf(`function a() {\n${statements(59)}}`).length, 1);
    assert.equal(faultsOf(`const a = () => {\n${statements(59)}};`).length, 1);
    assert.equal(faultsOf(`class A { a() {\n${statements(59)}} }`).length, 1);
  });

  test('lets only a suite in a test file be longer than a function', () => {
    const suite = `describe('a', () => {\n${statements(59)}});`;
    assert.deepEqual(faultsOf(suite, 'src/lib/a.test.ts'), []);
    assert.equal(faultsOf(suite).length, 1);
    assert.equal(faultsOf(suite.replace('describe', 'test'), 'src/lib/a.test.ts').length, 1);
  });

  test('counts parameters, a constructor’s and destructured ones among them, but not the type of this', () => {
    assert.deepEqual(faultsOf('function a(this: Date, b: 1, c: 2, d: 3, e: 4) {}'), []);
    assert.equal(faultsOf('function a(b: 1, { c }: C, d = 3, e: 4, ...f: 5[]) {}').length, 1);
    assert.equal(faultsOf('class A { constructor(b: 1, c: 2, d: 3, e: 4, f: 5) {} }').length, 1);
  });

  test('finds any wherever a type may stand, and not in text', () => {
    const find = (text: string) => findLooseTypes(parseSource('src/lib/a.ts', text)).length;
    assert.equal(find('function a(b: any): Map<string, any[]> { return b as any; }'), 3);
    assert.equal(find("// any\nconst any = 'any';"), 0);
  });

  test('finds a default export in each of its forms', () => {
    const find = (text: string) => findDefaultExports(parseSource('src/lib/a.ts', text)).length;
    assert.equal(find('export default function a() {}'), 1);
    assert.equal(find('const a = 1; export { a as default };'), 1);
    assert.equal(find("export { default } from './b.ts';"), 1);
    assert.equal(find("export const a = 1; export { default as b } from './b.ts';"), 0);
  });
});

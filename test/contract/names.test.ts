import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Node, Visitor } from 'oxc-parser';
import { findFiles, lineOf, parseSource, readAllSources } from './sources.ts';
import type { SourceFile } from './sources.ts';

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Words that say nothing about what a thing is. */
const emptyWords = /^(manager|helper|util|service)s?$/;

/** Abbreviation → the word to write. */
const abbreviations: Readonly<Record<string, string>> = {
  req: 'request',
  res: 'response',
  err: 'error',
  msg: 'message',
  idx: 'index',
  cfg: 'config',
};

/** `loadHTTPConfig_v2` → load, http, config, v2. */
function splitWords(name: string): string[] {
  const spaced = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  return spaced
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function findBadFileNames(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const parts = file.replace(/(\.test|\.fixture|\.config)?\.ts$/, '').split('/');
    const faults = parts.filter((part) => !kebabCase.test(part)).map((part) => `${file}: ${part} is not in kebab-case`);
    const empty = parts.flatMap((part) => part.split('-').slice(-1)).filter((word) => emptyWords.test(word));
    return [...faults, ...empty.map((word) => `${file}: "${word}" does not say what it is`)];
  });
}

/** The names that a pattern brings in: of `{ a, b: c = 1, ...d }` they are a, c and d. */
function listPatternNames(pattern: Node | null): { name: string; start: number }[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern];
    case 'ObjectPattern':
      return pattern.properties.flatMap((it) => listPatternNames(it.type === 'RestElement' ? it : it.value));
    case 'ArrayPattern':
      return pattern.elements.flatMap(listPatternNames);
    case 'AssignmentPattern':
      return listPatternNames(pattern.left);
    case 'RestElement':
      return listPatternNames(pattern.argument);
    case 'TSParameterProperty':
      return listPatternNames(pattern.parameter);
    default:
      return [];
  }
}

/** Names that this repository gives. What it only mentions, such as a property that a library gave, is not among them. */
function listGivenNames(source: SourceFile): { name: string; start: number }[] {
  const names: { name: string; start: number }[] = [];
  const add = (node: Node | null) => names.push(...listPatternNames(node));
  const addKey = ({ computed, key }: { computed: boolean; key: Node }) => {
    if (key.type === 'PrivateIdentifier') names.push(key);
    else if (!computed) add(key);
  };
  const addFunction = ({ id, params }: { id?: Node | null; params: readonly Node[] }) => {
    for (const node of [id ?? null, ...params]) add(node);
  };
  new Visitor({
    VariableDeclarator: ({ id }) => add(id),
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    ArrowFunctionExpression: ({ params }) => addFunction({ params }),
    TSFunctionType: ({ params }) => addFunction({ params }),
    TSMethodSignature: (node) => {
      addKey(node);
      addFunction({ params: node.params });
    },
    CatchClause: ({ param }) => add(param),
    ClassDeclaration: ({ id }) => add(id),
    MethodDefinition: addKey,
    PropertyDefinition: addKey,
    TSPropertySignature: addKey,
    TSInterfaceDeclaration: ({ id }) => add(id),
    TSTypeAliasDeclaration: ({ id }) => add(id),
    ImportSpecifier: ({ local }) => add(local),
    ImportDefaultSpecifier: ({ local }) => add(local),
    ImportNamespaceSpecifier: ({ local }) => add(local),
  }).visit(source.program);
  return names;
}

function findBadNames(source: SourceFile): string[] {
  return listGivenNames(source).flatMap(({ name, start }) => {
    const place = `${source.path}:${lineOf(source, start)}: ${name}`;
    const words = splitWords(name);
    const shortened = words.filter((word) => Object.hasOwn(abbreviations, word));
    const faults = shortened.map((word) => `${place}: write ${abbreviations[word]} for ${word}`);
    const last = words.at(-1) ?? '';
    if (words.length > 1 && emptyWords.test(last)) faults.push(`${place}: "${last}" does not say what it is`);
    return faults;
  });
}

describe('names', () => {
  test('of source files and their folders are in kebab-case and say what is inside', () => {
    const files = findFiles('{src,test,scripts,bench,examples}/**/*.ts');
    assert.ok(files.length > 0);
    assert.deepEqual(findBadFileNames(files), []);
  });

  test('in the code are whole words that say what a thing is', () => {
    assert.deepEqual(readAllSources().flatMap(findBadNames), []);
  });
});

describe('the check of names', () => {
  test('refuses a file or a folder that is not in kebab-case', () => {
    for (const file of ['src/lib/byteSize.ts', 'src/Lib/a.ts', 'src/lib/byte_size.test.ts', 'src/lib/a.b.ts']) {
      assert.equal(findBadFileNames([file]).length, 1, file);
    }
    assert.deepEqual(
      findBadFileNames(['src/lib/byte-size.test.ts', 'src/lib/a-b.fixture.ts', 'src/http1/head-parser.ts']),
      [],
    );
  });

  test('refuses a file name that ends in an empty word', () => {
    for (const file of [
      'src/lib/key-manager.ts',
      'src/lib/utils.ts',
      'src/lib/http-helpers.test.ts',
      'src/service/a.ts',
    ]) {
      assert.equal(findBadFileNames([file]).length, 1, file);
    }
  });

  const faultsOf = (text: string) => findBadNames(parseSource('src/lib/a.ts', text)).length;

  test('refuses abbreviations wherever a name is given', () => {
    const samples = [
      'const req = 1;',
      'const { a: { b: [res] } } = c;',
      'const { a, ...err } = b;',
      'function a(msg = 1) {}',
      'const a = (idx: number) => idx;',
      'try { a(); } catch (err) { b(); }',
      'class A { #cfg = 1; }',
      'class A { sendRes() {} }',
      'interface A { errMessage: string }',
      'interface A { on(req: string): void }',
      'type A = (err: Error) => void;',
      "import { request as req } from 'node:http';",
      'const MAX_IDX = 1;',
    ];
    for (const text of samples) assert.equal(faultsOf(text), 1, text);
  });

  test('refuses names that end in an empty word', () => {
    for (const text of [
      'class KeyManager {}',
      'const authService = 1;',
      'type PathUtils = 1;',
      'function a(b_helper: 1) {}',
    ]) {
      assert.equal(faultsOf(text), 1, text);
    }
  });

  test('lets through whole words, and names that only mention what a library gave', () => {
    const samples = [
      'const { id, ip, url, tls, ctx, request, response, result, message, erring } = a;',
      'const address = context.req.header(name);',
      'const { req: request } = context;',
      'const options = { err: serialise };',
      'const services = [service];',
    ];
    for (const text of samples) assert.equal(faultsOf(text), 0, text);
  });
});

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Node, type Program, parseSync, Visitor } from 'oxc-parser';

export const rootFolder = path.resolve(import.meta.dirname, '../..');

export interface SourceFile {
  /** Relative to the root of the repository, with `/` between the folders. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
}

/** One mention of another module, in whichever way. A specifier that is worked out at run time is `undefined`. */
export interface ModuleReference {
  readonly specifier: string | undefined;
  readonly line: number;
}

/** Files of the repository that match one of the globs, sorted; nothing of `node_modules`, `dist` and hidden folders, nor what a test writes for a moment. */
export function findFiles(...globs: string[]): string[] {
  const files = globSync(globs, { cwd: rootFolder, exclude: ['node_modules/**', '.git/**', 'dist/**', '**/*.tmp.ts'] });
  return files.map((file) => file.split(path.sep).join('/')).toSorted();
}

export function readText(file: string): string {
  return readFileSync(path.join(rootFolder, file), 'utf8');
}

/** Throws when the text is not TypeScript (or JavaScript, for a file that does not end in `.ts`). */
export function parseSource(file: string, text: string): SourceFile {
  const isTypeScript = file.endsWith('.ts');
  const { program, errors } = parseSync(file, text, { lang: isTypeScript ? 'ts' : 'js', astType: 'ts' });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  return { path: file, text, program };
}

export function readSources(...globs: string[]): SourceFile[] {
  return findFiles(...globs).map((file) => parseSource(file, readText(file)));
}

/** Every TypeScript file that people write here. */
export function readAllSources(): SourceFile[] {
  return readSources('{src,test,scripts,bench,examples}/**/*.ts');
}

export function lineOf(source: SourceFile, offset: number): number {
  return source.text.slice(0, offset).split('\n').length;
}

/** Tests, and the fixtures that only tests use. */
export function isTestFile(file: string): boolean {
  return /\.(test|fixture)\.ts$|\/fixtures\//.test(file);
}

/** Import and export declarations, `import()`, types as `import('…')`, `require`, and `new URL('…', import.meta.url)`. */
export function listReferences(source: SourceFile): ModuleReference[] {
  const references: ModuleReference[] = [];
  const add = (node: Node | null | undefined) => {
    if (node) references.push({ specifier: readString(node), line: lineOf(source, node.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression: (node) => {
      if (isResolvingCall(textOf(source, node.callee))) add(node.arguments[0]);
    },
    NewExpression: (node) => {
      const [target, base] = node.arguments;
      if (textOf(source, node.callee) !== 'URL' || base === undefined || target === undefined) return;
      const isModule = readString(target)?.endsWith('.ts') ?? false;
      if (isModule && textOf(source, base) === 'import.meta.url') add(target);
    },
  }).visit(source.program);
  return references;
}

/** The file of the repository that a specifier leads to; `undefined` for packages and for Node's own modules. */
export function resolveReference(source: SourceFile, specifier: string): string | undefined {
  if (specifier === 'sluice') return 'src/index.ts';
  if (!/^\.\.?(\/|$)/.test(specifier)) return undefined;
  return path.posix.join(path.posix.dirname(source.path), specifier);
}

function isResolvingCall(callee: string): boolean {
  return callee === 'require' || callee === 'require.resolve' || callee === 'import.meta.resolve';
}

function textOf(source: SourceFile, node: Node): string {
  return source.text.slice(node.start, node.end);
}

/** The text of a string literal, or of a template without a placeholder. */
export function readString(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { importUserModule, provideToUserModules, UserModuleError } from '../lib/user-module.ts';
import { copyPlainValue, type PlainProblem } from './plain-value.ts';

// The thread in which the module of a configuration runs; see module-file.ts.

/** What the thread is started with. */
export interface ModuleTask {
  readonly url: string;
  /** What `import 'sluice'` is, wherever the module is. */
  readonly ownUrl: string;
}

/** What the thread tells. */
export type ModuleNews =
  | {
      readonly value: unknown;
      readonly problems: readonly PlainProblem[];
      /** The modules of the user's own that were loaded. */
      readonly files: readonly string[];
    }
  | { readonly failure: ModuleFailure };

export interface ModuleFailure {
  readonly message: string;
  /** The first place of a user's own file that the error names. */
  readonly place: ModulePlace | null;
}

export interface ModulePlace {
  readonly path: string;
  readonly line: number;
  /** 1 where only the line is known. */
  readonly column: number;
}

const loadedUrls: string[] = [];

async function runModule({ url, ownUrl }: ModuleTask): Promise<ModuleNews> {
  provideToUserModules('sluice', ownUrl);
  registerHooks({
    load: (loaded, context, next) => {
      if (isUserFile(loaded)) loadedUrls.push(loaded);
      return next(loaded, context);
    },
  });
  try {
    const exported = chooseExport(await importUserModule(url, null));
    const made: unknown = typeof exported === 'function' ? (exported as () => unknown)() : exported;
    return { ...copyPlainValue(await made), files: loadedUrls.map((loaded) => fileURLToPath(loaded)) };
  } catch (error) {
    return { failure: describeFailure(error instanceof UserModuleError ? error.cause : error) };
  }
}

class MissingExportError extends Error {
  override readonly name = 'MissingExportError';
}

function chooseExport(exports: Readonly<Record<string, unknown>>): unknown {
  if ('default' in exports) return exports['default'];
  if ('config' in exports) return exports['config'];
  throw new MissingExportError('the module exports no configuration: write "export default defineConfig({ … })"');
}

function describeFailure(error: unknown): ModuleFailure {
  if (error instanceof MissingExportError) return { message: error.message, place: null };
  if (!(error instanceof Error)) return { message: `the module throws ${firstLine(String(error))}`, place: null };
  const message = firstLine(error.message);
  const stack = error.stack ?? '';
  // An import of what the other module does not have is one too.
  if (error instanceof SyntaxError && message.startsWith('The requested module')) {
    return { message: lowerFirst(message), place: placeOfSyntax(stack) };
  }
  if (error instanceof SyntaxError) {
    return {
      message: `not well-formed: ${message}`,
      place: placeOfSyntax(stack) ?? findSyntaxPlace(loadedUrls.at(-1) ?? ''),
    };
  }
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ERR_MODULE_NOT_FOUND') return { message: lowerFirst(message), place: null };
  return { message: `the module throws ${error.name}: ${message}`, place: placeOfFrame(stack) };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function isUserFile(url: string): boolean {
  return url.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(ownFolder);
}

const ownFolder = new URL('../', import.meta.url).href;

/** The innermost call within a user's file: `at f (file:///a/sluice.config.ts:2:42)`. */
function placeOfFrame(stack: string): ModulePlace | null {
  for (const [, url = '', line, column] of stack.matchAll(/(file:\/\/[^\s)]+):(\d+):(\d+)/g)) {
    if (isUserFile(url)) return { path: fileURLToPath(url), line: Number(line), column: Number(column) };
  }
  return null;
}

/** The text of an error of syntax begins with the place, the lines of the source up to it, and carets. */
function placeOfSyntax(stack: string): ModulePlace | null {
  const [head = '', ...lines] = stack.split('\n');
  const [, file, line] = /^(file:\/\/.*|\/.*):(\d+)$/.exec(head) ?? [];
  if (file === undefined) return null;
  const carets = lines.find((text) => /^\s*\^+\s*$/.test(text)) ?? '';
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return { path, line: Number(line), column: Math.max(1, carets.indexOf('^') + 1) };
}

/** The engine does not tell where in a JavaScript module the syntax is wrong; the reader of TypeScript does. */
function findSyntaxPlace(url: string): ModulePlace | null {
  if (url === '') return null;
  const path = fileURLToPath(url);
  try {
    stripTypeScriptTypes(readFileSync(path, 'utf8'), { sourceUrl: path });
  } catch (error) {
    return error instanceof Error ? placeOfSyntax(error.stack ?? '') : null;
  }
  return null;
}

// Awaited here, a module that never comes to an end would be a warning on the error stream.
void runModule(workerData as ModuleTask).then((news) => parentPort?.postMessage(news));

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const versionKey = 'version';
/** A module may wait for something at its top level, but not for good. */
export const longestLoadMs = 10_000;
/** A folder of installed packages: what lies there is not the user's own. */
const packagesFolder = '/node_modules/';

/** The user's modules that were imported, and those of their own that they import. */
const userModules = new Set<string>();
let provided: { readonly name: string; readonly url: string } | null = null;

/** Why a module of the user's cannot be used; one line, for the person who wrote it. */
export class UserModuleError extends Error {
  override readonly name = 'UserModuleError';
}

/**
 * The address of a module of the user's with a hash of its text, so that it is imported anew once it has changed. What
 * it imports itself is imported once.
 *
 * @throws UserModuleError where it cannot be read
 */
export function userModuleUrl(file: string): string {
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'is not there' : undefined;
    throw new UserModuleError(`${file} ${reason ?? `cannot be read: ${messageOf(error)}`}`);
  }
  const url = pathToFileURL(path.resolve(file));
  url.searchParams.set(versionKey, hash('sha256', text).slice(0, 16));
  return url.href;
}

/**
 * Lets the user's modules import `name` wherever they lie, whether or not it is installed there: they get the module at
 * `url`. The first call counts.
 */
export function provideToUserModules(name: string, url: string): void {
  if (provided !== null) return;
  const own = { name, url };
  provided = own;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const isOfUser = context.parentURL !== undefined && userModules.has(context.parentURL);
      if (!isOfUser) return nextResolve(specifier, context);
      if (specifier === own.name) return { url: own.url, shortCircuit: true };
      const resolved = nextResolve(specifier, context);
      if (resolved.url.startsWith('file:') && !resolved.url.includes(packagesFolder)) userModules.add(resolved.url);
      return resolved;
    },
  });
}

/**
 * Imports a module of the user's by an address as `userModuleUrl` makes it.
 *
 * @throws UserModuleError where it cannot be understood, throws when it is loaded, is no longer the one that its address
 * was made of, or is not loaded within `limitMs`, where that is a number. A module that never lets go of the thread is not stopped: what is not
 * known to be loadable belongs into a thread of its own first.
 */
export async function importUserModule(
  url: string,
  limitMs: number | null = longestLoadMs,
): Promise<Readonly<Record<string, unknown>>> {
  if (!userModules.has(url)) refuseChanged(url);
  userModules.add(url);
  const late = Promise.withResolvers<never>();
  const giveUp = () => {
    late.reject(new UserModuleError(`${fileURLToPath(url)} did not load within ${(limitMs ?? 0) / 1_000} s`));
  };
  // Without a limit there is no timer either, which would keep a thread alive that has nothing left to wait for.
  const timer = limitMs === null ? undefined : setTimeout(giveUp, limitMs);
  try {
    return (await Promise.race([import(url), late.promise])) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof UserModuleError) throw error;
    throw new UserModuleError(describeFailure(error, url), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** What is there now has not been tried, and may be what was refused. */
function refuseChanged(url: string): void {
  const wanted = new URL(url);
  if (!wanted.searchParams.has(versionKey)) return;
  const file = fileURLToPath(url);
  if (userModuleUrl(file) === url) return;
  throw new UserModuleError(`${file} has changed since it was checked: reload the configuration`);
}

function describeFailure(error: unknown, url: string): string {
  const file = fileURLToPath(url);
  const message = messageOf(error).replaceAll(`?${new URL(url).searchParams.toString()}`, '');
  if (error instanceof SyntaxError) return `${placeOfSyntaxError(error, url) ?? file} cannot be understood: ${message}`;
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return message;
  return `${placeInStack(error, url) ?? file} throws when it is loaded: ${message}`;
}

/** The stack of a syntax error begins with its line, and has a caret under its column. */
function placeOfSyntaxError(error: SyntaxError, url: string): string | undefined {
  const file = fileURLToPath(url);
  const [first = '', , caretLine = ''] = error.stack?.split('\n') ?? [];
  const line = /:(\d+)$/.exec(first)?.[1];
  if (line === undefined || !first.includes(path.basename(file))) return undefined;
  const caretAt = caretLine.indexOf('^');
  return caretAt < 0 ? `${file}:${line}` : `${file}:${line}:${caretAt + 1}`;
}

/**
 * Whether a stack begins in a module of the user's, such as in a timer that it has set: what it calls there may be the
 * gateway's, but nothing of the gateway's has called it. Frames of Node.js itself do not count.
 */
export function beganInUserModule(stack: string): boolean {
  const outermost = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && line.includes('file:///'))
    .at(-1);
  if (outermost === undefined) return false;
  const address = /file:\/\/\/.*?(?=:\d+(?::\d+)?\)?$)/.exec(outermost)?.[0];
  return address !== undefined && userModules.has(address);
}

/** The innermost place of a stack that is in the module. */
function placeInStack(error: unknown, url: string): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  const file = fileURLToPath(url);
  // A CommonJS module is named without the version, by its address or by its path.
  const stack = error.stack.replaceAll(new URL(url).search, '').replaceAll(pathToFileURL(file).href, file);
  const at = stack.indexOf(`${file}:`);
  const place = at < 0 ? null : /^:(\d+:\d+)/.exec(stack.slice(at + file.length));
  return place === null ? undefined : `${file}:${place[1]}`;
}

/** The first line: some go on with an excerpt of the source. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}

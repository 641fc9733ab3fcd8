import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createIssue, createPositions, fillDocument, type Document } from '../config/document.ts';
import type { Variables } from '../config/interpolate.ts';
import type { Issue, Location } from '../config/issues.ts';
import type { ModuleFailure, ModuleNews, ModuleTask } from './module-worker.ts';

/** The endings of modules that make a configuration. */
export const moduleEndings: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

const longestRunMs = 30_000;

/**
 * Runs a module that exports a configuration as its default or as `config`: the value, a promise of it, or a function
 * that gives one of these. It runs in a thread of its own, which is new each time: whatever it imports is read anew, and
 * nothing of it stays behind. `${NAME}` within its texts is filled in too.
 *
 * @param variables what the module has for `process.env`
 * @param ownUrl what it gets when it imports `sluice`
 */
export async function readModuleFile(
  path: string,
  variables: Variables,
  ownUrl: string,
): Promise<{ document: Document } | { issues: Issue[] }> {
  const news = await runInThread(path, variables, ownUrl);
  if ('failure' in news) return { issues: [describeFailure(path, news.failure)] };
  const locate = (): Location => ({ label: path });
  const document = fillDocument(news.value, { source: path, files: news.files, locate, variables });
  const issues = news.problems.map((problem) => createIssue({ locate }, problem.path, problem));
  return { document: { ...document, issues: [...issues, ...document.issues] } };
}

async function runInThread(path: string, variables: Variables, ownUrl: string): Promise<ModuleNews> {
  const task: ModuleTask = { url: pathToFileURL(path).href, ownUrl };
  const thread = new Worker(new URL('./module-worker.ts', import.meta.url), {
    workerData: task,
    env: { ...variables },
    // Neither a package without "type" nor how the place of a wrong syntax is found concerns the user.
    execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'],
    stdout: true,
  });
  // What the module prints is for people; the standard output may be read by a program.
  thread.stdout.pipe(process.stderr, { end: false });
  const { promise, resolve } = Promise.withResolvers<ModuleNews>();
  const timer = setTimeout(() => resolve(fail('the module has not come to an end after 30 s')), longestRunMs);
  thread.on('message', (news: ModuleNews) => resolve(news));
  thread.on('error', (error) => resolve(fail(`the module throws ${describeError(error)}`)));
  thread.on('exit', (code) => resolve(fail(describeExit(code))));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
    thread.stdout.unpipe(process.stderr);
  }
}

function fail(message: string): ModuleNews {
  return { failure: { message, place: null } };
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
}

function describeExit(code: number): string {
  if (code === 0) return 'the module waits for a promise that is never settled, or ends the program';
  return `the module ended the program with the exit code ${code}`;
}

function describeFailure(file: string, { message, place }: ModuleFailure): Issue {
  if (place === null) return { path: '', message, location: { label: file } };
  const name = pathToFileURL(file).href === pathToFileURL(place.path).href ? file : place.path;
  return { path: '', message, location: positionIn(name, place) };
}

function positionIn(file: string, place: { path: string; line: number; column: number }): Location {
  const { line, column } = place;
  try {
    const text = readFileSync(place.path, 'utf8');
    const start =
      text
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line === 1 ? 0 : 1);
    return createPositions(file, text)(start + column - 1);
  } catch {
    return { file, line, column, lineText: '' };
  }
}

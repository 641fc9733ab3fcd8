import { Worker } from 'node:worker_threads';
import type { Document } from '../config/document.ts';
import type { DocumentPath } from '../config/document-path.ts';
import { longestLoadMs } from '../lib/user-module.ts';
import { listPaths } from '../policies/custom-policies.ts';
import type { ProbedDocument, ProbeNews, ProbeStep, ProbeTask } from './policy-probe-thread.ts';

/** For the thread itself, before anything of the user's own runs in it. */
const beginMs = 60_000;

/** What was found wrong with policies of the user's own by trying them where they can do no harm. */
export interface ProbeResult {
  readonly complaints: readonly { readonly path: DocumentPath; readonly message: string }[];
  /** The places in `custom_policies` of modules that must not be imported into this thread. */
  readonly refusedModules: ReadonlySet<number>;
  /** Whether the policies of the other modules may be used in this thread. */
  readonly mayGoOn: boolean;
}

type Ending = { readonly step: ProbeStep; readonly how: HowItEnded } | Extract<ProbeNews, { kind: 'done' }>;
type HowItEnded = { exitCode: number } | { error: unknown } | 'late' | 'stuck';

/**
 * Loads the modules that `custom_policies` of a document names in a thread of its own, checks the options of their
 * policies and makes each policy once. A module that ends the program, never lets go of the thread, or waits for good,
 * ends or holds up that thread only. A document without such modules costs nothing.
 *
 * @param folder where the paths begin
 * @param limitMs for each module, and for each policy that is made
 */
export async function probePolicies(document: Document, folder: string, limitMs = longestLoadMs): Promise<ProbeResult> {
  const refusedModules = new Set<number>();
  const paths = listPaths(document.value);
  const complaints: { path: DocumentPath; message: string }[] = [];
  if (!paths.some((path) => typeof path === 'string' && path !== '')) {
    return { complaints, refusedModules, mayGoOn: true };
  }
  const { value, source, files, retypable, references, texts, secrets, issues, ignoredLints } = document;
  const copied: ProbedDocument = { value, source, files, retypable, references, texts, secrets, issues, ignoredLints };
  for (;;) {
    const ending = await runThread({ document: copied, folder, skip: [...refusedModules] }, limitMs);
    if ('kind' in ending) {
      complaints.push(...ending.complaints);
      return { complaints, refusedModules, mayGoOn: ending.complaints.length === 0 };
    }
    const { step, how } = ending;
    complaints.push({ path: pathOf(step), message: `${subjectOf(step)} ${describeEnd(step, how, limitMs)}` });
    if (step.kind !== 'load') return { complaints, refusedModules, mayGoOn: false };
    // Those after it have not been tried.
    refusedModules.add(step.index);
  }
}

async function runThread(task: ProbeTask, limitMs: number): Promise<Ending> {
  const thread = new Worker(new URL('./policy-probe-thread.ts', import.meta.url), {
    workerData: task,
    execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'],
    // What a module prints it prints again where it is used.
    stdout: true,
    stderr: true,
  });
  thread.stdout.resume();
  thread.stderr.resume();
  const { promise, resolve } = Promise.withResolvers<Ending>();
  let step: ProbeStep = { kind: 'begin' };
  const end = (how: HowItEnded) => resolve({ step, how });
  let timer = setTimeout(end, beginMs, 'late');
  thread.on('message', (news: ProbeNews) => {
    if (news.kind === 'done') return resolve(news);
    if (news.kind === 'stuck') return end('stuck');
    step = news.step;
    clearTimeout(timer);
    timer = setTimeout(end, limitMs, 'late');
  });
  thread.on('error', (error) => end({ error }));
  thread.on('exit', (exitCode) => end({ exitCode }));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

function pathOf(step: ProbeStep): DocumentPath {
  if (step.kind === 'load') return ['custom_policies', step.index];
  return step.kind === 'make' ? step.path : ['custom_policies'];
}

function subjectOf(step: ProbeStep): string {
  switch (step.kind) {
    case 'begin':
      return 'the thread in which policies are tried';
    case 'load':
      return step.module;
    case 'check':
      return 'a check that a policy has for its options';
    case 'make':
      return `the create of ${step.policy}`;
  }
}

function describeEnd(step: ProbeStep, how: HowItEnded, limitMs: number): string {
  const isLoad = step.kind === 'load';
  const when = isLoad ? ' while it was loaded' : '';
  if (how === 'stuck') return 'waits at its top level for a promise that is never settled';
  if (how === 'late') {
    const seconds = (step.kind === 'begin' ? beginMs : limitMs) / 1_000;
    return isLoad ? `did not load within ${seconds} s` : `did not come to an end within ${seconds} s`;
  }
  if ('exitCode' in how) return `ended the program with the exit code ${how.exitCode}${when}`;
  const { error } = how;
  const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  return `throws where nobody can catch it${when}: ${reason}`;
}

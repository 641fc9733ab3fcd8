import { issueLine, issueLines } from '../config/issue-record.ts';
import type { Issue } from '../config/issues.ts';
import type { Clock, Logger } from '../core/ports.ts';
import { ConfigRefusal } from './config-refusal.ts';
import type { ConfigSource, SourcedConfig } from './config-source.ts';
import type { ProgramSwitch } from './program-switch.ts';
import type { LoadedProgram } from './running-program.ts';

type SourcedProgram = Extract<SourcedConfig, { config: object }>;
type SourcedDocument = SourcedProgram['document'];

/** What became of a reload. */
export type ReloadOutcome =
  /** It is served: by a version of its own, or by the one that was served already where nothing has changed. */
  | { readonly status: 'success'; readonly version: number; readonly changed: boolean }
  /** The configuration that was served before still is. */
  | { readonly status: 'failure'; readonly version: number; readonly issues: readonly Issue[] };

/** What was wrong at the last attempt. */
export interface ReloadFailure {
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly issues: readonly Issue[];
}

export interface ReloadsParts {
  readonly source: ConfigSource;
  /** What brings a configuration into use; see `ProgramSwitch`. */
  readonly programs: Pick<ProgramSwitch, 'current' | 'isServed' | 'apply'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const stopping: readonly Issue[] = [{ path: '', message: 'the gateway stops' }];

/** Where a configuration comes from: null for the source. */
type Origin = LoadedProgram | null;

interface Request {
  readonly cause: string;
  readonly origin: Origin;
  readonly outcome: PromiseWithResolvers<ReloadOutcome>;
}

/**
 * Reloads, one after the other. Those that are asked for while one is under way become one that follows it, with what
 * was asked for last; all who asked hear what became of that.
 */
export class Reloads {
  readonly #parts: ReloadsParts;
  #next: Request | null = null;
  #isWorking = false;
  #applying = Promise.resolve(false);
  #stopped = false;
  #failure: ReloadFailure | null = null;
  #lastSuccessMs: number;
  #successes = 0;
  #failures = 0;

  constructor(parts: ReloadsParts) {
    this.#parts = parts;
    this.#lastSuccessMs = parts.clock.wallTime();
  }

  /** What was wrong at the last attempt; null where nothing was. */
  get failure(): ReloadFailure | null {
    return this.#failure;
  }

  /** `lastSuccessMs` is Unix time; the start of the gateway is one, but is not counted. */
  get counts(): { readonly successes: number; readonly failures: number; readonly lastSuccessMs: number } {
    return { successes: this.#successes, failures: this.#failures, lastSuccessMs: this.#lastSuccessMs };
  }

  /**
   * Loads the configuration again, or takes the one given, and serves it on every worker. Never rejects.
   *
   * @param cause who asks, in words for the log
   */
  async request(cause: string, origin: Origin = null): Promise<ReloadOutcome> {
    if (this.#stopped) return this.#refuse(stopping);
    const outcome = this.#next?.outcome ?? Promise.withResolvers<ReloadOutcome>();
    this.#next = { cause, origin, outcome };
    if (!this.#isWorking) void this.#work();
    return await outcome.promise;
  }

  /** Loads what has changed since the start was prepared, before anybody watched for changes. */
  async catchUp(): Promise<void> {
    const { source, programs } = this.#parts;
    if (source.watched.length === 0) return;
    const loaded = await source.load().catch(() => null);
    const isServed = loaded !== null && 'config' in loaded && programs.isServed(programOf(loaded));
    if (!isServed && !this.#stopped) await this.request('a file has changed');
  }

  /** Resolves when none is being brought into use any more; none is after that. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#next?.outcome.resolve(this.#refuse(stopping));
    this.#next = null;
    await this.#applying.catch(() => false);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let request = this.#take(); request !== null; request = this.#take()) {
      request.outcome.resolve(await this.#reload(request));
    }
    this.#isWorking = false;
  }

  #take(): Request | null {
    const request = this.#next;
    this.#next = null;
    return request;
  }

  async #reload({ cause, origin }: Request): Promise<ReloadOutcome> {
    let document: SourcedDocument;
    try {
      let wanted = origin;
      if (wanted === null) {
        const loaded = await this.#load(cause);
        wanted = programOf(loaded);
        document = loaded.document;
      }
      if (this.#stopped) return this.#refuse(stopping);
      this.#applying = this.#parts.programs.apply(wanted);
      return this.#succeed(cause, await this.#applying);
    } catch (error) {
      if (this.#stopped) return this.#refuse(stopping);
      if (error instanceof ConfigRefusal)
        return this.#fail(
          cause,
          error.issues.map((issue) => withLocation(issue, document)),
        );
      const message = error instanceof Error ? error.message : String(error);
      this.#parts.logger.log('error', 'reloading the configuration failed', {
        reason: message,
        stack: error instanceof Error ? error.stack : undefined,
      });
      return this.#fail(cause, [{ path: '', message: `it could not be loaded: ${message}` }]);
    }
  }

  async #load(cause: string): Promise<SourcedProgram> {
    const { source, programs, logger } = this.#parts;
    const loaded: SourcedConfig = await source.load();
    if ('issues' in loaded) throw new ConfigRefusal(loaded.issues);
    const wanted = programOf(loaded);
    // What has been said of the one that is served need not be said again.
    const warnings = programs.isServed(wanted) ? [] : (loaded.warnings ?? []);
    for (const warning of warnings) {
      logger.log('warn', 'the configuration may not mean what it says', { cause, issue: issueLine(warning) });
    }
    return loaded;
  }

  #succeed(cause: string, changed: boolean): ReloadOutcome {
    const { programs, source, clock, logger } = this.#parts;
    const { version, hash } = programs.current;
    this.#successes += 1;
    this.#failure = null;
    this.#lastSuccessMs = clock.wallTime();
    const message = changed ? 'the configuration has been reloaded' : 'the configuration is as it was';
    logger.log('info', message, { cause, source: source.description, version, hash });
    return { status: 'success', version, changed };
  }

  #fail(cause: string, issues: readonly Issue[]): ReloadOutcome {
    const { source, clock, logger } = this.#parts;
    this.#failures += 1;
    this.#failure = { atMs: clock.wallTime(), issues };
    const outcome = this.#refuse(issues);
    logger.log('error', 'the configuration has not been reloaded: the one that was served stays in use', {
      cause,
      source: source.description,
      version: outcome.version,
      count: issues.length,
      issues: issueLines(issues),
    });
    return outcome;
  }

  #refuse(issues: readonly Issue[]): ReloadOutcome {
    return { status: 'failure', version: this.#parts.programs.current.version, issues };
  }
}

/** With its place in the document, where it has none and the document has one. */
function withLocation(issue: Issue, document: SourcedDocument): Issue {
  if (issue.location !== undefined || issue.path === '' || document === undefined) return issue;
  const steps = issue.path.match(/[^.[\]]+/g) ?? [];
  return { ...issue, location: document.locate(steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))) };
}

function programOf({ config, policyModules = [] }: SourcedProgram): LoadedProgram {
  return { config, policyModules };
}

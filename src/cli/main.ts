import manifest from '../../package.json' with { type: 'json' };
import { nearest } from '../lib/edit-distance.ts';
import { watchStrayFailures } from '../telemetry/stray-failures.ts';
import { UsageError, type Command, type Invocation } from './command.ts';
import { chooseDoor, findMode } from './mode.ts';
import { parseFlags } from './parse-flags.ts';
import { launcherVariable, signalExitCodes, watchSignals } from './signals.ts';
import { alignColumns } from './terminal.ts';

/** Commands by name. Each is loaded only when it runs, so that the small ones start fast. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['run', async () => (await import('./commands/run.ts')).runCommand],
  ['demo', async () => (await import('./commands/demo.ts')).demoCommand],
  ['check', async () => (await import('./commands/check.ts')).checkCommand],
  ['explain', async () => (await import('./commands/explain.ts')).explainCommand],
  ['test', async () => (await import('./commands/test.ts')).testCommand],
  ['config', async () => (await import('./commands/config.ts')).configCommand],
  ['gateway', async () => (await import('./commands/gateway.ts')).gatewayCommand],
  ['keys', async () => (await import('./commands/keys.ts')).keysCommand],
  ['hash-password', async () => (await import('./commands/hash-password.ts')).hashPasswordCommand],
  ['backend', async () => (await import('./commands/backend.ts')).backendCommand],
  ['client', async () => (await import('./commands/client.ts')).clientCommand],
]);

/** How long after its end a command may keep the process alive by what it left behind. */
const lingerMs = 2_000;

export type CliSurroundings = Omit<Invocation, 'values' | 'positionals'>;

/**
 * Runs a command line (without the program's own name).
 *
 * @returns the exit code: 0 fine, 1 a failure that the command has told, 2 wrong usage
 */
export async function runCommandLine(words: readonly string[], surroundings: CliSurroundings): Promise<number> {
  const { output, errors } = surroundings;
  const [first = '', ...rest] = words;
  let help = 'sluice --help';
  try {
    if (['-h', '-help', '--help'].includes(first)) {
      output.write(await describeCommands());
      return 0;
    }
    if (['-version', '--version'].includes(first)) {
      output.write(`sluice ${manifest.version}\n`);
      return 0;
    }
    if (first === 'help') return await explainCommand(rest, output);
    const isNamed = first !== '' && !first.startsWith('-');
    const command = isNamed ? await loadCommand(first) : await chooseCommand(words);
    help = `sluice ${command.name} --help`;
    return await runCommand(command, isNamed ? rest : words, surroundings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    errors.write(`sluice: ${error.message}\nSee: ${help}\n`);
    return 2;
  }
}

/** The command of a command line without a command word: `-mode`, or else the other flags, say which it is. */
async function chooseCommand(words: readonly string[]): Promise<Command> {
  const mode = findMode(words);
  const name = mode ?? chooseDoor(words, { run: await listFlags('run'), gateway: await listFlags('gateway') });
  // Which configuration counts depends on whether "run" was written.
  const command = name === 'run' ? (await import('./commands/run.ts')).bareCommand : await loadCommand(name);
  return { ...command, options: { ...command.options, mode: { type: 'string' } } };
}

async function listFlags(name: string): Promise<readonly string[]> {
  return [...Object.keys((await loadCommand(name)).options), 'help'];
}

async function runCommand(command: Command, words: readonly string[], surroundings: CliSurroundings): Promise<number> {
  const { values, positionals } = parseFlags(words, { ...command.options, help: { type: 'boolean', short: 'h' } });
  if (values['help'] === true) {
    surroundings.output.write(command.help);
    return 0;
  }
  return await command.run({ ...surroundings, values, positionals });
}

async function explainCommand([name]: readonly string[], output: NodeJS.WriteStream): Promise<number> {
  output.write(name === undefined ? await describeCommands() : (await loadCommand(name)).help);
  return 0;
}

async function loadCommand(name: string): Promise<Command> {
  const load = commands.get(name);
  if (load !== undefined) return await load();
  const suggestion = nearest(name, commands.keys());
  const hint =
    suggestion === undefined ? `The commands are ${[...commands.keys()].join(', ')}.` : `Did you mean ${suggestion}?`;
  throw new UsageError(`unknown command ${JSON.stringify(name)}. ${hint}`);
}

async function describeCommands(): Promise<string> {
  const loaded = await Promise.all([...commands.values()].map((load) => load()));
  const lines = alignColumns(loaded.map(({ name, summary }) => [`  ${name}`, summary]));
  return `Usage: sluice [COMMAND] [FLAGS]

Sluice is an API gateway. Without a command it runs the gateway with the configuration file of this folder,
with environment variables where there is none, or with flags, as "sluice gateway" does. "-mode gateway",
"-mode backend" and "-mode client" are these commands too.

Commands:
${lines.join('\n')}

Flags are read as -port 8080, -port=8080, --port 8080 and --port=8080.
"sluice COMMAND --help" tells the flags of a command; "sluice --version" the version.

Examples:
  sluice demo
  sluice -port 8080 -backends http://localhost:8081,http://localhost:8082
`;
}

/** Runs the command line of this process and ends the process with its exit code. Called by the launcher. */
export async function main(): Promise<void> {
  const launched = process.env[launcherVariable] !== undefined;
  delete process.env[launcherVariable];
  const signals = watchSignals({ source: process, launched, exit: (code) => process.exit(code) });
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endOnClosedPipe);
  // Where nothing is left to wait for before the command has come to an end, that is no success.
  process.exitCode = 1;
  process.once('beforeExit', tellUnsettled);
  let code: number;
  try {
    code = await runCommandLine(process.argv.slice(2), {
      env: process.env,
      cwd: process.cwd(),
      output: process.stdout,
      errors: process.stderr,
      signal: signals.aborted,
      onHangup: signals.onHangup,
      onForcedEnd: signals.onForcedEnd,
      outliveFailures: (logger) =>
        watchStrayFailures({ source: process, logger, now: () => performance.now(), end: endOnDefect }),
    });
  } catch (error) {
    tellDefect(error);
    code = 1;
  }
  process.off('beforeExit', tellUnsettled);
  const received = signals.received();
  process.exitCode = received === null ? code : signalExitCodes[received];
  setTimeout(() => process.exit(), lingerMs).unref();
}

function tellUnsettled(): void {
  process.stderr.write('sluice: the command waits for something that never comes, and has not come to an end\n');
}

function tellDefect(error: unknown): void {
  process.stderr.write(
    `sluice: this is a defect of the program:\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
}

function endOnDefect(error: unknown): void {
  tellDefect(error);
  process.exit(1);
}

/** Whoever read the output, such as `head`, has seen enough. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
}

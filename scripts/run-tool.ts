import { spawnSync } from 'node:child_process';
import path from 'node:path';

export const rootFolder = path.dirname(import.meta.dirname);

/** With the pinned Node.js first, which the tools look up as `node`. */
export const toolEnvironment: Readonly<Record<string, string | undefined>> = {
  ...process.env,
  PATH: [path.dirname(process.execPath), path.join(rootFolder, 'node_modules', '.bin'), process.env['PATH']].join(
    path.delimiter,
  ),
};

/**
 * Runs a program to its end, and returns what it wrote on its standard output.
 *
 * @throws Error with what it wrote where it fails
 */
export function runTool(command: string, parameters: readonly string[], folder: string = rootFolder): string {
  const { status, signal, error, stdout, stderr } = spawnSync(command, parameters, {
    cwd: folder,
    env: toolEnvironment,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  const reason = error?.message ?? (signal === null ? `exit code ${status}` : `ended by ${signal}`);
  throw new Error(`${[command, ...parameters].join(' ')}: ${reason}\n${stdout}${stderr}`);
}

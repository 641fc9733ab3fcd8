import { text } from 'node:stream/consumers';
import { ReadStream } from 'node:tty';
import { hashPassword } from '../../lib/password-hash.ts';
import { UsageError, type Command, type Invocation } from '../command.ts';
import { readHiddenLine } from '../hidden-line.ts';

const mostCharacters = 1_024;

const help = `Usage: sluice hash-password

Reads a password, from the terminal without showing it or else from the standard input, and prints
a hash of it for "password_hash" in the policy basic_auth. The hash is Argon2id: whoever sees it
cannot tell the password.

Exit code: 0 done, 1 no password, 2 wrong usage.

Example:
  printf %s 'correct horse' | sluice hash-password
`;

export const hashPasswordCommand: Command = {
  name: 'hash-password',
  summary: 'Print the hash of a password, for the policy basic_auth.',
  help,
  options: {},
  run: async (invocation) => await printHash(invocation, process.stdin),
};

/** `input` is a terminal, or has the password and perhaps the end of its line. */
export async function printHash(
  { positionals, output, errors }: Invocation,
  input: NodeJS.ReadableStream,
): Promise<number> {
  if (positionals.length > 0) {
    throw new UsageError('give the password on the standard input: what is on a command line can be seen by others.');
  }
  const password = input instanceof ReadStream ? await ask(input, errors) : (await text(input)).replace(/\r?\n$/, '');
  if (password === null) return 1;
  if (password === '' || password.length > mostCharacters) {
    errors.write(`A password has 1 to ${mostCharacters} characters.\n`);
    return 1;
  }
  output.write(`${hashPassword(password)}\n`);
  return 0;
}

async function ask(terminal: ReadStream, errors: Invocation['errors']): Promise<string | null> {
  errors.write('Password: ');
  const password = await readHiddenLine(terminal);
  errors.write('\n');
  if (password === null) return null;
  errors.write('Again: ');
  const again = await readHiddenLine(terminal);
  errors.write('\n');
  if (again === null || again === password) return again;
  errors.write('The two differ.\n');
  return null;
}

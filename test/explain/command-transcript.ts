import { runCommandLine } from '../../src/cli/main.ts';
import { recordInvocation } from '../../src/cli/invocation.fixture.ts';

/** Runs the commands of a transcript in a folder, and writes the transcript anew: each with what it prints after it. */
export async function replay(commands: readonly string[], cwd: string): Promise<string> {
  let transcript = '';
  for (const command of commands) {
    const [, ...words] = splitWords(command);
    const { invocation, outputText, errorsText } = recordInvocation();
    const code = await runCommandLine(words, { ...invocation, cwd });
    const ending = code === 0 ? '' : `(exit code ${code})\n`;
    transcript += `$ ${command}\n${withoutTimes(outputText() + errorsText())}${ending}`;
  }
  return transcript;
}

/** The lines that begin with `$ `, without that. */
export function listCommands(transcript: string): string[] {
  return [...transcript.matchAll(/^\$ (.+)$/gm)].map(([, command = '']) => command);
}

/** As a shell takes a line apart that has nothing but words and single quotes. */
function splitWords(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}

/** The moment at which a limit is full again is another one each time. */
function withoutTimes(text: string): string {
  return text.replaceAll(/(X-RateLimit-Reset: |"X-RateLimit-Reset",")\d{10}/g, '$11795305600');
}

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { launcher } from '../support/gateway-process.ts';
import { within } from '../support/wait.ts';

/** Everything that a gateway and its commands have told somebody, by who told it. */
export class Transcript {
  private readonly parts: (readonly [source: string, text: string])[] = [];

  add(source: string, text: string): void {
    this.parts.push([source, text]);
  }

  /** How many characters that is; a search through nothing would find nothing. */
  get length(): number {
    return this.parts.reduce((sum, [, text]) => sum + text.length, 0);
  }

  /** Where each of the secrets stands, as it is and in the ways in which a message may carry it. */
  find(secrets: Readonly<Record<string, string>>): string[] {
    return Object.entries(secrets).flatMap(([name, secret]) =>
      formsOf(secret).flatMap((form) =>
        this.parts
          .filter(([, text]) => text.includes(form))
          .map(([source, text]) => `${name} in ${source}: ${excerpt(text, form)}`),
      ),
    );
  }

  assertWithout(secrets: Readonly<Record<string, string>>): void {
    assert.deepEqual(this.find(secrets), []);
  }
}

function formsOf(secret: string): string[] {
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
      JSON.stringify(secret).slice(1, -1),
    ]),
  ];
}

function excerpt(text: string, form: string): string {
  const at = text.indexOf(form);
  return JSON.stringify(text.slice(Math.max(0, at - 120), at + form.length + 40));
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** Runs a command to its end and takes down what it writes. */
export async function runCommand(
  transcript: Transcript,
  words: readonly string[],
  { environment = {}, folder }: CommandOptions,
): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = spawn(process.execPath, [launcher, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], ...environment },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  const source = `sluice ${words.map((word) => path.basename(word)).join(' ')}`;
  try {
    const [code] = (await within(source, once(child, 'close'), 45_000)) as [number | null];
    transcript.add(source, text);
    return { code, text };
  } finally {
    child.kill('SIGKILL');
  }
}

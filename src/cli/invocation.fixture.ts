import type { Invocation, OptionValues } from './command.ts';

export interface RecordedInvocation {
  readonly invocation: Invocation;
  readonly outputText: () => string;
  readonly errorsText: () => string;
  /** Resolves once the output holds a whole line. */
  readonly firstLine: Promise<string>;
}

export interface InvocationParts {
  readonly values?: OptionValues;
  readonly positionals?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly outputIsTerminal?: boolean;
  readonly errorsIsTerminal?: boolean;
}

/** An invocation whose streams only remember what is written to them. */
export function recordInvocation(parts: InvocationParts = {}): RecordedInvocation {
  let outputText = '';
  let errorsText = '';
  const { promise: firstLine, resolve } = Promise.withResolvers<string>();
  const output = recordingStream(parts.outputIsTerminal === true, (text) => {
    outputText += text;
    const end = outputText.indexOf('\n');
    if (end !== -1) resolve(outputText.slice(0, end));
  });
  const errors = recordingStream(parts.errorsIsTerminal === true, (text) => {
    errorsText += text;
  });
  const invocation: Invocation = {
    values: parts.values ?? {},
    positionals: parts.positionals ?? [],
    env: parts.env ?? {},
    cwd: '/',
    output,
    errors,
    signal: parts.signal ?? new AbortController().signal,
    onHangup: () => undefined,
    onForcedEnd: () => undefined,
  };
  return { invocation, outputText: () => outputText, errorsText: () => errorsText, firstLine };
}

function recordingStream(isTTY: boolean, keep: (text: string) => void): NodeJS.WriteStream {
  const stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = {
    isTTY,
    write: (chunk: string | Uint8Array) => {
      keep(String(chunk));
      return true;
    },
  };
  return stream as NodeJS.WriteStream;
}

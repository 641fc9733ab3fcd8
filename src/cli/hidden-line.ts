import type { ReadStream } from 'node:tty';

const interrupt = '\u0003';
const endOfInput = '\u0004';
const enter = ['\r', '\n'];
const erase = ['\u007f', '\b'];

/** Reads one line from a terminal without showing it; null where somebody presses Ctrl-C or Ctrl-D in place of Enter. */
export async function readHiddenLine(terminal: ReadStream): Promise<string | null> {
  let line = '';
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const take = (part: string): void => {
    for (const character of part) {
      if (enter.includes(character)) return resolve(line);
      if (character === interrupt || character === endOfInput) return resolve(null);
      if (erase.includes(character)) line = Array.from(line).slice(0, -1).join('');
      else line += character;
    }
  };
  const giveUp = (): void => resolve(null);
  terminal.setRawMode(true);
  terminal.setEncoding('utf8').on('data', take).once('end', giveUp).resume();
  try {
    return await promise;
  } finally {
    terminal.off('data', take).off('end', giveUp).pause();
    terminal.setRawMode(false);
  }
}

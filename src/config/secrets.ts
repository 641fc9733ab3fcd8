import { nearest } from '../lib/edit-distance.ts';
import type { DocumentPath } from './document-path.ts';

const secretWords = ['password', 'password_hash', 'passwd', 'passphrase', 'secret', 'token', 'key', 'credential'];
const secretName = new RegExp(`(?:${secretWords.join('|')})s?$`, 'i');
const mask = '***';
const shownCharacters = 60;

/** Whether a key or variable of this name holds something that is not to be shown. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Like `isSecretName`, and also for a misspelled name such as `pasword`: such a line is shown because it is wrong. */
function resemblesSecretName(name: string): boolean {
  if (isSecretName(name)) return true;
  const lastWord = name.split(/[_-]/).at(-1) ?? '';
  return nearest(lastWord, secretWords) !== undefined;
}

/** Whether the value at this path is a secret, or lies within one. */
export function isSecretPath(path: DocumentPath): boolean {
  return path.some((step) => typeof step === 'string' && isSecretName(step));
}

/** A text that is right, without the credentials of the URLs in it. */
export function maskCredentials(text: string): string {
  return text.replace(/\/\/[^\s"'/?#]*@/g, `//${mask}@`).replace(/([?&]\w*password=)[^&#]*/gi, `$1${mask}`);
}

/** A value as a message may show it: short, on one line, without credentials. */
export function describeValue(value: unknown, secret: boolean): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  if (secret) return mask;
  if (typeof value !== 'string') return String(value);
  const withoutCredentials = value.replace(/\/\/[^\s"']*@/g, `//${mask}@`);
  const short =
    withoutCredentials.length > shownCharacters
      ? `${withoutCredentials.slice(0, shownCharacters)}…`
      : withoutCredentials;
  return JSON.stringify(short);
}

const keyBeforeValue = /([A-Za-z_][\w-]*)["']?\s*[:=]\s*(?=[^\s{])/g;
const credentialsInUrl = /\/\/(?=[^\s"']*@)/;
const keyOfLine = /^[\s-]*["']?([\w.-]+)["']?\s*(?::(?=\s|$)|=(?=\s*\S))/;

/**
 * The line of a source as it may be shown. From the first value of a secret key, or the first credentials in a URL,
 * to the end of the line it is masked; what stands before keeps its columns.
 */
export function redactedLine(lines: readonly string[], index: number): string {
  const line = lines[index] ?? '';
  if (isWithinSecret(lines, index)) return line.replace(/\S.*$/, mask);
  let end = line.length;
  for (const match of line.matchAll(keyBeforeValue)) {
    if (resemblesSecretName(match[1] ?? '')) {
      end = match.index + match[0].length;
      break;
    }
  }
  const credentials = credentialsInUrl.exec(line);
  if (credentials !== null) end = Math.min(end, credentials.index + 2);
  return end < line.length ? line.slice(0, end) + mask : line;
}

/** Whether the line goes on with the value of a secret key that stands on an earlier line. */
function isWithinSecret(lines: readonly string[], index: number): boolean {
  const line = lines[index] ?? '';
  if (!/\w/.test(line)) return false;
  for (let current = index; current >= 0; current -= 1) {
    const key = keyOfLine.exec(lines[current] ?? '')?.[1];
    if (key !== undefined) return current < index && resemblesSecretName(key);
  }
  return false;
}

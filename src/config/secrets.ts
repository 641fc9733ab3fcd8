import { nearest } from '../lib/edit-distance.ts';
import type { DocumentPath } from './document-path.ts';

const secretWords = [
  'password',
  'password_hash',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'key',
  'credential',
  'authorization',
];
const secretName = new RegExp(`(?:${secretWords.join('|')})s?$`, 'i');
/** What stands in the place of a secret. */
export const mask = '***';
const shownCharacters = 60;

/** Whether a key or variable of this name holds something that is not to be shown. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Whether these words are nearly one that secrets are called by: the same few stand on most lines. */
const likenesses = new Map<string, boolean>();
const mostLikenesses = 4_096;

/** Like `isSecretName`, and also for a misspelled name such as `pasword`: such a line is shown because it is wrong. */
export function resemblesSecretName(name: string): boolean {
  if (isSecretName(name)) return true;
  const lastWord = name.slice(Math.max(name.lastIndexOf('_'), name.lastIndexOf('-')) + 1);
  const known = likenesses.get(lastWord);
  if (known !== undefined) return known;
  if (likenesses.size >= mostLikenesses) likenesses.clear();
  const resembles = nearest(lastWord, secretWords) !== undefined;
  likenesses.set(lastWord, resembles);
  return resembles;
}

/** Whether the value at this path is a secret, or lies within one. */
export function isSecretPath(path: DocumentPath): boolean {
  return path.some((step) => typeof step === 'string' && isSecretName(step));
}

/**
 * Whether the value at this path is not to be printed: by the name of its own key; within the options of a policy by the
 * name of any key around it.
 */
export function isSecretPlace(path: DocumentPath): boolean {
  const policy = path.lastIndexOf('policies');
  const names = path.filter((step) => typeof step === 'string');
  if (policy !== -1) return path.slice(policy + 3).some((step) => typeof step === 'string' && isSecretName(step));
  return isSecretName(names.at(-1) ?? '');
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

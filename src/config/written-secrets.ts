// What a text that is still to be filled in may show: a reference such as ${ADMIN_PASSWORD} is no secret, what it stands
// for and what it falls back on may be one.

import { isSecretName, mask, maskCredentials } from './secrets.ts';

const reference = /\$\$\{|\$\{([^}]*)\}/g;
/** One character of a text, or a reference as a whole; a negated class of characters follows. */
const atom = String.raw`\$\$\{|\$\{[^}]*\}|(?!\$?\$\{)`;
const userInfo = new RegExp(String.raw`//((?:${atom}[^\s"'/?#])*)@`, 'g');
const passwordInQuery = new RegExp(String.raw`([?&]\w*password=)((?:${atom}[^&#])*)`, 'gi');

/** Whether a text is made of references alone, none with a default; an empty text is. */
export function isOnlyReferences(text: string): boolean {
  return withoutReferences(text) === '' && dropDefaults(text, () => true) === text;
}

/**
 * A text with references as it may be shown: as it was written, but for the defaults of secrets and for secrets that
 * stand in it in clear. What of it is not masked means the same when it is filled in again, given the variables.
 *
 * @param isSecret whether all of it is one
 */
export function hideWritten(text: string, isSecret: boolean): string {
  if (isSecret) return withoutReferences(text) === '' ? dropDefaults(text, () => true) : mask;
  return dropDefaults(text, isSecretDefault)
    .replace(userInfo, (_, written: string) => `//${hideCredentials(written, /^[^:]*:$|^:?$/)}@`)
    .replace(passwordInQuery, (_, name: string, written: string) => name + hideCredentials(written, /^$/));
}

/** Whether a secret stands in clear in the default of a reference. */
export function hasSecretDefault(text: string, isSecret: boolean): boolean {
  return isSecret ? dropDefaults(text, () => true) !== text : hideWritten(text, false) !== text;
}

/** @param clear what may stand beside the references */
function hideCredentials(written: string, clear: RegExp): string {
  const rest = withoutReferences(written);
  return rest !== written && clear.test(rest) ? dropDefaults(written, () => true) : mask;
}

function withoutReferences(text: string): string {
  return text.replace(reference, (written) => (written === '$${' ? written : ''));
}

/** Without the defaults of which `isSecret` says so; one that is empty keeps nothing secret. */
function dropDefaults(text: string, isSecret: (name: string, fallback: string) => boolean): string {
  return text.replace(reference, (written, body: string | undefined) => {
    const end = body?.indexOf(':-') ?? -1;
    if (body === undefined || end === -1) return written;
    const name = body.slice(0, end);
    const fallback = body.slice(end + 2);
    return fallback !== '' && isSecret(name, fallback) ? `\${${name}}` : written;
  });
}

function isSecretDefault(name: string, fallback: string): boolean {
  return isSecretName(name) || fallback.includes('@') || maskCredentials(fallback) !== fallback;
}

import { hash, timingSafeEqual } from 'node:crypto';

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Reads an `Authorization` field of the scheme Basic (RFC 7617, section 2): base64 of the user name, a colon and the
 * password, in UTF-8. Null for another scheme and for what is not well-formed.
 */
export function parseBasicCredentials(field: string): BasicCredentials | null {
  const token = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(field)?.[1];
  if (token === undefined) return null;
  const bytes = Buffer.from(token, 'base64');
  if (bytes.toString('base64') !== token) return null;
  const text = decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 0) return null;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeUtf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Says in constant time whether two digests are the same; `timingSafeEqual` outside of tests. */
export type DigestComparison = (left: Buffer, right: Buffer) => boolean;

/**
 * The one pair of credentials that is let in. Digests are compared and not texts, so that how long it takes tells
 * neither how much of a guess is right nor how long the password is. User name and password are both looked at, whatever
 * the first comparison says. Unicode is compared in the normal form C (RFC 7617, section 2.1), since keyboards differ.
 */
export class ExpectedCredentials {
  readonly #username: Buffer;
  readonly #password: Buffer;
  readonly #isSame: DigestComparison;

  constructor(expected: BasicCredentials, isSame: DigestComparison = timingSafeEqual) {
    this.#username = digest(expected.username);
    this.#password = digest(expected.password);
    this.#isSame = isSame;
  }

  matches(given: BasicCredentials): boolean {
    const sameUsername = this.#isSame(digest(given.username), this.#username);
    const samePassword = this.#isSame(digest(given.password), this.#password);
    return sameUsername && samePassword;
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text.normalize('NFC'), 'buffer');
}

import { argon2, argon2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** The parameters of Argon2id (RFC 9106, 3.1) and what it gave. */
export interface PasswordHash {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** What one password check may cost: 256 MiB, ten times over. */
const mostMemoryKib = 262_144;
const mostPasses = 10;
const mostLanes = 16;
const fewestSaltBytes = 8;
const fewestTagBytes = 16;
const mostBytes = 64;

/** The second of the choices that OWASP recommends: 19 MiB, two passes, one lane. */
const usual = { memoryKib: 19_456, passes: 2, lanes: 1 } as const;
const usualSaltBytes = 16;
const usualTagBytes = 32;

const form = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,4})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/**
 * Reads `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH` (PHC string format, base64 without padding).
 *
 * @returns what is wrong with a text that is none, or that costs too much to check
 */
export function parsePasswordHash(text: string): PasswordHash | { readonly problem: string } {
  const [, memory = '', passes = '', lanes = '', salt = '', tag = ''] = form.exec(text) ?? [];
  if (memory === '') {
    return { problem: 'expected an Argon2id hash such as $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH' };
  }
  const hash: PasswordHash = {
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
  const costsTooMuch = hash.memoryKib > mostMemoryKib || hash.passes > mostPasses || hash.lanes > mostLanes;
  if (costsTooMuch) {
    return { problem: `the hash costs too much to check: at most m=${mostMemoryKib},t=${mostPasses},p=${mostLanes}` };
  }
  const isSound =
    hash.passes >= 1 &&
    hash.lanes >= 1 &&
    hash.memoryKib >= 8 * hash.lanes &&
    isBetween(hash.salt.length, fewestSaltBytes) &&
    isBetween(hash.tag.length, fewestTagBytes);
  return isSound ? hash : { problem: 'the hash has parameters that Argon2id cannot have, or is cut off' };
}

function isBetween(bytes: number, fewest: number): boolean {
  return bytes >= fewest && bytes <= mostBytes;
}

/** Makes the hash of a password, with a salt of its own. */
export function hashPassword(password: string): string {
  const salt = randomBytes(usualSaltBytes);
  const hash: PasswordHash = { ...usual, salt, tag: Buffer.alloc(usualTagBytes) };
  const tag = argon2Sync('argon2id', parametersOf(hash, password));
  const { memoryKib, passes, lanes } = usual;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Whether the hash is that of the password; the work is done beside this thread. */
export async function verifyPassword(password: string, hash: PasswordHash): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  argon2('argon2id', parametersOf(hash, password), (error, tag) => (error === null ? resolve(tag) : reject(error)));
  return timingSafeEqual(await promise, hash.tag);
}

/** Unicode in the normal form C (RFC 7617, 2.1), since keyboards differ. */
function parametersOf({ memoryKib, passes, lanes, salt, tag }: PasswordHash, password: string) {
  return {
    message: password.normalize('NFC'),
    nonce: salt,
    parallelism: lanes,
    tagLength: tag.length,
    memory: memoryKib,
    passes,
  };
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

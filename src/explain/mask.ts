import type { RequestHead } from '../core/request-head.ts';

const hidden = '***';

/** Values of fields and parameters with such names are for nobody's eyes. */
const secretName =
  /(^|[-_.])(auth|authorization|credentials?|cookie|jwt|keys?|pass|passwd|password|secret|session|sessionid|sid|sig|signature|token)s?($|[-_.])|apikey|authoriz/i;

/** What is shorter may stand in a text by chance. */
const shortestSecret = 5;

/** Hides what is secret in a request wherever it turns up in a text about it. */
export class Mask {
  readonly #secrets = new Set<string>();

  /** `head` as far as it could be read; `more` are secrets that its fields do not give away by their names. */
  constructor(head: RequestHead, more: readonly string[]) {
    for (const secret of more) this.#add(secret);
    for (let at = 0; at < head.fieldCount; at += 1) {
      if (isSecretName(head.nameAt(at))) this.#addField(head.nameAt(at), head.valueAt(at));
    }
    for (const [name, value] of new URLSearchParams(head.query)) if (isSecretName(name)) this.#add(value);
  }

  /** A text of any kind. */
  text(text: string): string {
    let masked = text;
    // A secret may be a part of another.
    for (const secret of [...this.#secrets].toSorted((left, right) => right.length - left.length)) {
      masked = masked.replaceAll(secret, hidden);
    }
    return masked;
  }

  /** The value of a field. */
  value(name: string, value: string): string {
    return isSecretName(name) && value !== '' ? hidden : this.text(value);
  }

  /** A line of a head: a field with its name. */
  line(line: string): string {
    const colon = line.indexOf(':');
    if (colon < 0) return this.text(line);
    const name = line.slice(0, colon);
    return `${name}: ${this.value(name, line.slice(colon + 1).trim())}`;
  }

  /** A query with its question mark, or a path with its query. */
  query(query: string): string {
    const masked = query.replaceAll(/([?&])([^=&]+)=([^&\s]*)/g, (whole, mark: string, name: string) =>
      isSecretName(name) ? `${mark}${name}=${hidden}` : whole,
    );
    return this.text(masked);
  }

  #addField(name: string, value: string): void {
    this.#add(value);
    const [, scheme, rest] = /^([A-Za-z]+) +(.+)$/.exec(value) ?? [];
    if (rest !== undefined) this.#add(rest);
    if (scheme?.toLowerCase() === 'basic' && rest !== undefined) {
      const decoded = Buffer.from(rest, 'base64').toString('utf8');
      this.#add(decoded);
      this.#add(decoded.slice(decoded.indexOf(':') + 1));
    }
    if (name.toLowerCase() !== 'cookie') return;
    for (const pair of value.split(';')) this.#add(pair.slice(pair.indexOf('=') + 1).trim());
  }

  #add(secret: string): void {
    if (secret.length >= shortestSecret) this.#secrets.add(secret);
  }
}

function isSecretName(name: string): boolean {
  return secretName.test(name);
}

import type { Address } from '../config/address.ts';

export interface StartErrorOptions extends ErrorOptions {
  /** The one that cannot be opened. */
  readonly address?: Address;
}

/** Why the gateway cannot start, as one line for the person who starts it: what, where and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly address: Address | null;

  constructor(message: string, { address, ...options }: StartErrorOptions = {}) {
    super(message, options);
    this.address = address ?? null;
  }
}

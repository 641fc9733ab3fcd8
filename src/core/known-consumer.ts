import type { Consumer, CountedConsumer } from './ports.ts';

/** A consumer that stays known from one request to the next. */
export class KnownConsumer implements CountedConsumer {
  readonly id: string;
  readonly name: string;
  readonly rateLimit: number | null;
  readonly permissions: readonly string[];
  hashedBy: object | null = null;
  hashHigh = 0;
  hashLow = 0;

  constructor({ id, name, rateLimit, permissions }: Consumer) {
    this.id = id;
    this.name = name;
    this.rateLimit = rateLimit;
    this.permissions = permissions;
  }
}

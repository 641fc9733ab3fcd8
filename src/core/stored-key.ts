/** An API key as it is kept. Its secret is not kept anywhere. */
export interface StoredKey {
  /** 16 hexadecimal digits, the same for as long as the key lives. */
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret, 64 hexadecimal digits in lower case. */
  readonly sha256: string;
  /** Requests a minute; null for the usual limit. */
  readonly rateLimit: number | null;
  /** Names of routes and prefixes of paths that the key may use; none means all. */
  readonly permissions: readonly string[];
  /** Unix time in whole milliseconds, as are the other times. */
  readonly createdAt: number;
  /** The key is of no use from this time on; null for never. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

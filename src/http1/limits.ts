/** Bounds on what one message may take, in bytes and counts. */
export interface HeadLimits {
  /** Of the request line without its line end; longer is 414. */
  readonly startLineBytes: number;
  /** Of the start line and all fields with their line ends; longer is 431. Trailers have the same bound of their own. */
  readonly headBytes: number;
  readonly fields: number;
}

export const defaultHeadLimits: HeadLimits = { startLineBytes: 8192, headBytes: 16_384, fields: 100 };

export const maximumMethodLength = 32;
export const maximumChunkSizeDigits = 8;
export const maximumChunkExtensionBytes = 256;

/** "HTTP", "/1.1" and "/1.0" as words of four bytes, the first one on top. */
export const versionStart = 0x48545450;
export const version11 = 0x2f312e31;
export const version10 = 0x2f312e30;

const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/**
 * Reads a size such as `512`, `512B`, `64KiB`, `1.5MiB` or `10MB`. `KiB`, `MiB` and `GiB` are powers of 1024; `kB`,
 * `MB` and `GB` are powers of 1000; the case of the letters does not matter.
 *
 * @returns whole bytes, or undefined when the text is not a size or not a whole number of bytes
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text);
  if (match === null) return undefined;
  const oneUnitBytes = unitBytes[(match[2] ?? '').toLowerCase()];
  if (oneUnitBytes === undefined) return undefined;
  const sizeBytes = Number(match[1]) * oneUnitBytes;
  return Number.isSafeInteger(sizeBytes) ? sizeBytes : undefined;
}

/** Writes bytes in the form that `parseByteSize` reads, in the largest power of 1024 that needs no fraction. */
export function formatByteSize(sizeBytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const oneUnitBytes = unitBytes[unit.toLowerCase()] ?? 1;
    if (sizeBytes >= oneUnitBytes && sizeBytes % oneUnitBytes === 0) return `${sizeBytes / oneUnitBytes}${unit}`;
  }
  return `${sizeBytes}B`;
}

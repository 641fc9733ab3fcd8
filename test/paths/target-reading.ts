/**
 * What targets of all kinds make of a path: the file or handler that it leads to. Each is a reading that some server or
 * framework is known for. What they have in common: they decode once.
 */
export type PathReading = (path: string) => string;

/** Bytes of escapes as they are; a broken escape stays. Over-long UTF-8 is decoded to what it stands for. */
function decode(path: string): string {
  const bytes = path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return bytes
    .replaceAll(/[\xc0\xc1][\x80-\xbf]/g, (pair) =>
      String.fromCharCode(((pair.charCodeAt(0) & 0x1f) << 6) | (pair.charCodeAt(1) & 0x3f)),
    )
    .replaceAll(/\xe0[\x80-\x9f][\x80-\xbf]/g, (three) =>
      String.fromCharCode((((three.charCodeAt(1) & 0x3f) << 6) | (three.charCodeAt(2) & 0x3f)) & 0xff),
    )
    .replaceAll(/\xf0[\x80-\x8f][\x80-\xbf]{2}/g, (four) =>
      String.fromCharCode((((four.charCodeAt(2) & 0x3f) << 6) | (four.charCodeAt(3) & 0x3f)) & 0xff),
    );
}

/** As IIS once did. */
function decodeUnicode(path: string): string {
  return path.replaceAll(/%u00([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** Dot segments resolved, where they lead out of the root it is the end of them; empty segments collapsed. */
function resolve(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

const slashes = (path: string) => path.replaceAll('\\', '/');
/** As the C library reads a name. */
const upToNul = (path: string) => path.split('\0')[0] ?? '';
/** Blanks and line ends that some strip from around dots. */
const dotsWithoutBlanks = (path: string) => path.replaceAll(/\/[^!-\xff]*(\.{1,2})[^!-\xff]*(?=[/;]|$)/g, '/$1');
/** Path parameters, as servlet containers take them out of a dot segment. */
const dotsWithoutParameters = (path: string) => path.replaceAll(/\/(\.{1,2});[^/]*/g, '/$1');

export const pathReadings: Readonly<Record<string, PathReading>> = {
  'as it is': (path) => path,
  'resolved, then decoded': (path) => decode(resolve(path)),
  'decoded, then resolved': (path) => resolve(decode(path)),
  'decoded, backslashes as slashes, then resolved': (path) => resolve(slashes(decode(path))),
  'backslashes as slashes, resolved, then decoded': (path) => decode(resolve(slashes(path))),
  'decoded up to a NUL, then resolved': (path) => resolve(upToNul(decode(path))),
  'decoded as IIS did, then resolved': (path) => resolve(slashes(decode(decodeUnicode(path)))),
  'without parameters of dot segments, then resolved': (path) => resolve(dotsWithoutParameters(path)),
  'decoded, without parameters of dot segments, then resolved': (path) => resolve(dotsWithoutParameters(decode(path))),
  'decoded, without blanks and parameters of dot segments, then resolved': (path) =>
    resolve(dotsWithoutParameters(dotsWithoutBlanks(decode(path)))),
};

const comment = /#[ \t]*sluice-ignore((?:[ \t,]+SL\d{3})+)/;

/**
 * The numbers of the lints that comments in a text switch off, by the number of the line that they stand for:
 * `# sluice-ignore SL003` holds for its own line, and where nothing stands before it, for the next one that is no comment.
 */
export function findIgnoredLints(text: string): ReadonlyMap<number, readonly string[]> {
  const ignored = new Map<number, readonly string[]>();
  if (!text.includes('sluice-ignore')) return ignored;
  let waiting: readonly string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const numbers = (comment.exec(line)?.[1] ?? '').match(/SL\d{3}/g) ?? [];
    if (/^\s*(?:#|$)/.test(line)) {
      waiting = [...waiting, ...numbers];
      continue;
    }
    if (waiting.length > 0 || numbers.length > 0) ignored.set(index + 1, [...waiting, ...numbers]);
    waiting = [];
  }
  return ignored;
}

import { z } from 'zod';
import { checkedText, section } from '../config/units.ts';

/** What a text has to be; null where it has to be absent. */
export type TextCondition =
  | null
  | { readonly kind: 'equals' | 'contains'; readonly text: string }
  | { readonly kind: 'matches'; readonly text: string; readonly pattern: RegExp };

const scalarExpected = 'expected a text, null for none, or a mapping with equals, contains or matches';

const scalar = [z.string(), z.number(), z.boolean()] as const;

/** A scalar as it is written, such as `1` for the text "1". */
export const scalarText = z.union(scalar, { error: 'expected a text' }).transform(String);

const regularExpression = checkedText('expected a regular expression', (text) => {
  try {
    return void new RegExp(text, 'u');
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
});

const conditionMapping = section({
  equals: scalarText.optional(),
  contains: scalarText.optional(),
  matches: regularExpression.optional(),
}).transform(({ equals, contains, matches }, context): TextCondition => {
  const written = [equals, contains, matches].filter((text) => text !== undefined);
  if (written.length === 1) {
    if (equals !== undefined) return { kind: 'equals', text: equals };
    if (contains !== undefined) return { kind: 'contains', text: contains };
    if (matches !== undefined) return { kind: 'matches', text: matches, pattern: new RegExp(matches, 'u') };
  }
  context.issues.push({ code: 'custom', message: 'write one of equals, contains and matches', input: written });
  return z.NEVER;
});

/** A condition in which a text alone means what `plain` says. */
export function textCondition(plain: 'equals' | 'contains') {
  return z
    .union([z.null(), ...scalar, conditionMapping], { error: scalarExpected })
    .transform((written): TextCondition => {
      if (typeof written === 'object') return written;
      return { kind: plain, text: String(written) };
    });
}

/** Whether a text, or null for none, is as it has to be. */
export function meets(condition: TextCondition, actual: string | null): boolean {
  if (condition === null || actual === null) return condition === actual;
  if (condition.kind === 'matches') return condition.pattern.test(actual);
  return condition.kind === 'equals' ? actual === condition.text : actual.includes(condition.text);
}

export function describeCondition(condition: TextCondition): string {
  if (condition === null) return 'none';
  const { kind, text } = condition;
  if (kind === 'equals') return JSON.stringify(text);
  return kind === 'contains' ? `something with ${JSON.stringify(text)}` : `something that matches ${text}`;
}

import { z } from 'zod';
import { findTemplateProblem } from '../core/template.ts';
import { checkedText } from './units.ts';

/** Text with variables in braces; what of it is a parameter of the route's path is checked where the route is known. */
export function template(expected: string) {
  return checkedText(expected, (text) => {
    if (/[\r\n\0]/.test(text)) return { problem: 'expected one line of text' };
    return findTemplateProblem(text, null);
  });
}

/** The name of a field, in lower case. */
export function headerName() {
  const error = 'expected the name of a header';
  return z
    .string({ error })
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, { error })
    .transform((written) => written.toLowerCase());
}

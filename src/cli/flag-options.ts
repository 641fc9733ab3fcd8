import { flagNames } from '../doors/flags.ts';

/** The options of a command that takes the flags of a gateway. */
export const flagOptions = Object.fromEntries(flagNames.map((name) => [name, { type: 'string' }] as const));

/** Configurations switch lints off by their numbers, so a number is never given to another one. */
export const lintNumbers = [
  'SL001',
  'SL002',
  'SL003',
  'SL004',
  'SL005',
  'SL006',
  'SL007',
  'SL008',
  'SL009',
  'SL010',
  'SL011',
  'SL012',
  'SL013',
  'SL014',
] as const;

export type LintNumber = (typeof lintNumbers)[number];

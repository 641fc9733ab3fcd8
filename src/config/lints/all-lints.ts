import type { Lint } from './lint.ts';
import { ambiguousRoutes, selfRedirect, unreachableRoute } from './route-lints.ts';
import { keyThatNobodyHas, limitWithoutEffect, sameKeyTwice } from './policy-lints.ts';
import { clearSecret, openAdmin, trustOfEverybody } from './exposure-lints.ts';
import { lateRetries, loneOutlier, longHealthCheck, mirrorToItself, unusedUpstream } from './upstream-lints.ts';

/** By their numbers. */
export const allLints: readonly Lint[] = [
  unreachableRoute,
  unusedUpstream,
  ambiguousRoutes,
  lateRetries,
  limitWithoutEffect,
  openAdmin,
  trustOfEverybody,
  clearSecret,
  keyThatNobodyHas,
  longHealthCheck,
  selfRedirect,
  mirrorToItself,
  loneOutlier,
  sameKeyTwice,
];

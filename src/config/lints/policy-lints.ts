import type { Rate } from '../../core/policy.ts';
import type { DocumentPath } from '../document-path.ts';
import { formatPath } from '../document-path.ts';
import { field } from '../loose-document.ts';
import type { PolicyConfig } from '../policy-schema.ts';
import type { Config } from '../schema.ts';
import type { Lint } from './lint.ts';

/** A limit, as far as it matters here. */
interface PlacedLimit {
  readonly path: DocumentPath;
  readonly by: string;
  readonly perSecond: number;
  readonly burst: number;
  readonly anonymousOnly: boolean;
  readonly shadow: boolean;
}

export const limitWithoutEffect: Lint = {
  number: 'SL005',
  title: 'a limit that is never reached',
  *find({ config }) {
    const common = readLimits(config.policies, ['policies']);
    const lists = config.routes.map((route, index) => readLimits(route.policies, ['routes', index, 'policies']));
    for (const [before, limits] of [[[], common] as const, ...lists.map((own) => [common, own] as const)]) {
      for (const [index, limit] of limits.entries()) {
        const stricter = [...before, ...limits.slice(0, index)].find((other) => isStricter(other, limit));
        if (stricter === undefined) continue;
        const place = formatPath(stricter.path);
        const message = `never reached: ${place} counts the same requests before it, and lets no more through`;
        yield { path: limit.path, message };
      }
    }
  },
};

/** Whether what `other` lets through is never too much for `limit`. */
function isStricter(other: PlacedLimit, limit: PlacedLimit): boolean {
  if (other.shadow || other.by !== limit.by || (other.anonymousOnly && !limit.anonymousOnly)) return false;
  return other.perSecond <= limit.perSecond && other.burst <= limit.burst;
}

function readLimits(policies: readonly PolicyConfig[], at: DocumentPath): PlacedLimit[] {
  return policies.flatMap(({ name, options }, index) => {
    const rate = field(options, 'limit') as Rate | undefined;
    const by = field(options, 'by');
    if (name !== 'rate_limit' || rate === undefined || typeof by !== 'string') return [];
    const burst = field(options, 'burst');
    return [
      {
        path: [...at, index, name],
        // Names of fields are the same in capital letters and in small ones.
        by: by.startsWith('header:') ? by.toLowerCase() : by,
        perSecond: (rate.tokens * 1000) / rate.periodMs,
        burst: typeof burst === 'number' ? burst : Math.max(1, rate.tokens),
        anonymousOnly: field(options, 'anonymous_only') === true,
        shadow: field(options, 'shadow') === true,
      },
    ];
  });
}

export const keyThatNobodyHas: Lint = {
  number: 'SL009',
  title: 'an API key that is required and that nobody can have',
  *find({ config }) {
    // In a memory of its own the gateway has only the keys that its admin API makes.
    if (config.keys.length > 0 || config.store !== 'memory' || config.admin !== null) return;
    for (const path of requiredKeys(config)) {
      const message =
        'nobody can have a key: there are none under "keys", and the store "memory" gets none without "admin"';
      yield { path, message };
    }
  },
};

function requiredKeys(config: Config): DocumentPath[] {
  const lists = [
    [config.policies, ['policies']] as const,
    ...config.routes.map((route, index) => [route.policies, ['routes', index, 'policies']] as const),
  ];
  return lists.flatMap(([policies, at]) =>
    policies.flatMap(({ name, options }, index) =>
      name === 'api_key' && field(options, 'required') === true ? [[...at, index, name, 'required']] : [],
    ),
  );
}

export const sameKeyTwice: Lint = {
  number: 'SL014',
  title: 'two keys with the same secret',
  *find({ config }) {
    const first = new Map<string, string>();
    for (const [index, { name, sha256 }] of config.keys.entries()) {
      const other = first.get(sha256);
      first.set(sha256, other ?? name);
      if (other === undefined) continue;
      const message = `the secret of ${JSON.stringify(other)} is the same: nobody can tell their requests apart`;
      yield { path: ['keys', index, 'secret'], message, part: 'key' };
    }
  },
};

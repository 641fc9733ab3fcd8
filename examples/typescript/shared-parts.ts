import type { WrittenPolicy, WrittenRoute, WrittenUpstream } from 'sluice';

/** What all services have in common; `response` is how long an answer may take. */
export function createUpstream(port: number, response = '5s'): WrittenUpstream {
  return { targets: [`http://127.0.0.1:${port}`], timeouts: { response }, retry: { attempts: 2 } };
}

/** A service below a path of its name, which it does not see itself. */
export function createRoute<Name extends string>(name: Name, limit: string): WrittenRoute<Name, WrittenPolicy> {
  return {
    name,
    match: { path: `/${name}/*` },
    rewrite: { strip_prefix: `/${name}` },
    policies: [{ rate_limit: { by: 'ip', limit } }],
    upstream: name,
  };
}

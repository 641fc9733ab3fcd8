import { formatAddress, parseAddress, parseTargetUrl } from './address.ts';
import type { CheckComplaint, CheckContext } from './check-complaint.ts';
import { checkRoutes } from './check-routes.ts';
import type { DocumentPath } from './document-path.ts';
import { entries, field, items } from './loose-document.ts';
import { Seen } from './seen.ts';

/**
 * What a schema cannot say: names that lead nowhere, and things that are there twice. It reads the document as it was
 * written, and passes over whatever is not well-formed, so that these are told together with the schema's issues.
 */
export function checkMeaning(root: unknown, ctx: CheckContext): CheckComplaint[] {
  return [...checkAddresses(root), ...checkTargets(root), ...checkRoutes(root, ctx)];
}

function* checkAddresses(root: unknown): Iterable<CheckComplaint> {
  const places = items(field(root, 'listeners')).map((listener, index) => ({
    path: ['listeners', index, 'address'] as DocumentPath,
    written: field(listener, 'address'),
  }));
  places.push({ path: ['admin', 'address'], written: field(field(root, 'admin'), 'address') });
  const seen = new Seen();
  for (const { path, written } of places) {
    if (typeof written !== 'string' || written === 'main') continue;
    const address = parseAddress(written);
    if ('problem' in address || address.port === 0) continue;
    const first = seen.firstPath(formatAddress(address), path);
    if (first === undefined) continue;
    const advice = path[0] === 'admin' ? ': choose another port, or write main' : ': remove one of them';
    yield { path, message: `the address ${formatAddress(address)} is already that of ${first}${advice}` };
  }
}

function* checkTargets(root: unknown): Iterable<CheckComplaint> {
  for (const [name, upstream] of entries(field(root, 'upstreams'))) {
    const seen = new Seen();
    for (const [index, target] of items(field(upstream, 'targets')).entries()) {
      const written = typeof target === 'string' ? target : field(target, 'url');
      if (typeof written !== 'string') continue;
      const address = parseTargetUrl(written);
      if ('problem' in address) continue;
      const path = ['upstreams', name, 'targets', index];
      const first = seen.firstPath(address.url, path);
      if (first === undefined) continue;
      yield {
        path,
        message: `the target ${address.url} is already ${first}: use { url, weight } to give it more requests`,
      };
    }
  }
}

import { isFixed, renderTemplate, type Template, type TemplateSource } from '../core/template.ts';
import { isHost } from '../http1/host.ts';

/** What a target gets in place of the request's path and the target's own `Host`. */
export class Rewrite {
  private readonly stripped: string;
  private readonly template: Template | null;
  private readonly host: Template | null;
  /** Where it is the same for every request. */
  private readonly fixedHostLine: string | null;

  /** `stripPrefix` is in whole segments, without a slash at its end, empty for none. */
  constructor(init: { stripPrefix: string; path: Template | null; host: Template | null }) {
    this.stripped = init.stripPrefix;
    this.template = init.path;
    this.host = init.host;
    this.fixedHostLine =
      init.host !== null && isFixed(init.host) ? lineOf(init.host.parts.map(({ text }) => text).join('')) : null;
  }

  /** The path for the target, in the normal form that the request's has. */
  path(source: TemplateSource): string {
    if (this.template !== null) {
      const path = renderTemplate(this.template, source);
      // What `{*}` stands for may be empty, or end in a slash.
      return path.includes('//') ? path.replaceAll(/\/{2,}/g, '/') : path;
    }
    if (this.stripped === '') return source.path;
    const rest = source.path.slice(this.stripped.length);
    return rest === '' ? '/' : rest;
  }

  /** The `Host` line for the target with its line end; null where it is the target's own, as for a text that is no host. */
  hostLine(source: TemplateSource): string | null {
    if (this.host === null || this.fixedHostLine !== null) return this.fixedHostLine;
    return lineOf(renderTemplate(this.host, source));
  }
}

function lineOf(host: string): string | null {
  return isHost(host) ? `Host: ${host}\r\n` : null;
}

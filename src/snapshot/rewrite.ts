import { renderTemplate, type Template, type TemplateSource } from '../core/template.ts';

/** What a target gets in place of the request's path and the target's own `Host`. */
export class Rewrite {
  private readonly stripped: string;
  private readonly template: Template | null;
  private readonly host: Template | null;

  /** `stripPrefix` is in whole segments, without a slash at its end, empty for none. */
  constructor(init: { stripPrefix: string; path: Template | null; host: Template | null }) {
    this.stripped = init.stripPrefix;
    this.template = init.path;
    this.host = init.host;
  }

  /** The path for the target. */
  path(source: TemplateSource): string {
    if (this.template !== null) return renderTemplate(this.template, source);
    if (this.stripped === '') return source.path;
    const rest = source.path.slice(this.stripped.length);
    return rest === '' ? '/' : rest;
  }

  /** The `Host` line for the target with its line end; null where it is the target's own. */
  hostLine(source: TemplateSource): string | null {
    return this.host === null ? null : `Host: ${renderTemplate(this.host, source)}\r\n`;
  }
}

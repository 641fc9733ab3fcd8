import type { Reply } from '../core/reply.ts';
import { compileTemplate, renderTemplate, type Template, type TemplateSource } from '../core/template.ts';
import type { RouteAnswer } from './destination.ts';

/** Sends clients elsewhere (RFC 9110, 15.4). */
export class Redirect implements RouteAnswer {
  private readonly status: number;
  private readonly to: Template;
  private readonly keepQuery: boolean;

  constructor(init: { status: number; to: Template; keepQuery: boolean }) {
    this.status = init.status;
    this.to = init.to;
    this.keepQuery = init.keepQuery;
  }

  reply(source: TemplateSource): Reply {
    const location = renderTemplate(this.to, source);
    const { query } = source.head;
    const added = this.keepQuery && query !== '' && !location.includes('?') ? query : '';
    return { status: this.status, fields: [['Location', location + added]], body: '' };
  }
}

/** The same answer for every request, but for the places that its texts leave open. */
export class FixedAnswer implements RouteAnswer {
  private readonly status: number;
  private readonly body: Template;
  private readonly fields: readonly (readonly [name: string, value: Template])[];

  constructor(answer: { status: number; body: string; headers: Readonly<Record<string, string>> }, pattern: string) {
    this.status = answer.status;
    this.body = compileTemplate(answer.body, pattern);
    const fields = Object.entries(answer.headers).map(
      ([name, value]) => [name, compileTemplate(value, pattern)] as const,
    );
    const hasType = answer.body === '' || Object.hasOwn(answer.headers, 'content-type');
    const type = ['content-type', compileTemplate(typeOf(answer.body), pattern)] as const;
    this.fields = hasType ? fields : [type, ...fields];
  }

  reply(source: TemplateSource): Reply {
    const fields = this.fields.map(([name, value]) => [name, renderTemplate(value, source)] as const);
    return { status: this.status, fields, body: renderTemplate(this.body, source) };
  }
}

function typeOf(body: string): string {
  return /^\s*[{[]/.test(body) ? 'application/json' : 'text/plain; charset=utf-8';
}

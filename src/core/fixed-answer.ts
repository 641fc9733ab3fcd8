import type { Reply } from './reply.ts';
import { compileTemplate, renderBody, renderFieldValue, type Template, type TemplateSource } from './template.ts';

export interface FixedAnswerOptions {
  readonly status: number;
  /** A template, of any number of lines. */
  readonly body: string;
  /** Names to templates. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The same answer for every request, but for the places that its texts leave open. */
export class FixedAnswer {
  private readonly status: number;
  private readonly body: Template;
  private readonly fields: readonly (readonly [name: string, value: Template])[];

  /** `pattern` is the path of the route. Where no header says what the body is, it is JSON or plain text, by its look. */
  constructor(answer: FixedAnswerOptions, pattern: string) {
    this.status = answer.status;
    this.body = compileTemplate(answer.body, pattern);
    const fields = Object.entries(answer.headers).map(
      ([name, value]) => [name, compileTemplate(value, pattern)] as const,
    );
    const hasType = answer.body === '' || fields.some(([name]) => name.toLowerCase() === 'content-type');
    const type = ['Content-Type', compileTemplate(typeOf(answer.body), pattern)] as const;
    this.fields = hasType ? fields : [type, ...fields];
  }

  reply(source: TemplateSource): Reply {
    const fields = this.fields.map(([name, value]) => [name, renderFieldValue(value, source)] as const);
    return { status: this.status, fields, body: renderBody(this.body, source) };
  }
}

function typeOf(body: string): string {
  return /^\s*[{[]/.test(body) ? 'application/json' : 'text/plain; charset=utf-8';
}

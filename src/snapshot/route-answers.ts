import type { RedirectLocation } from '../core/redirect-location.ts';
import type { Reply } from '../core/reply.ts';
import type { TemplateSource } from '../core/template.ts';
import type { RouteAnswer } from './destination.ts';

/** Sends clients elsewhere (RFC 9110, 15.4). */
export class Redirect implements RouteAnswer {
  private readonly status: number;
  private readonly to: RedirectLocation;
  private readonly keepQuery: boolean;

  constructor(init: { status: number; to: RedirectLocation; keepQuery: boolean }) {
    this.status = init.status;
    this.to = init.to;
    this.keepQuery = init.keepQuery;
  }

  reply(source: TemplateSource): Reply {
    return { status: this.status, fields: [['Location', this.to.fill(source, this.keepQuery)]], body: '' };
  }
}

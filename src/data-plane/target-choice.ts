import type { TemplateSource } from '../core/template.ts';
import type { Target } from '../upstream/target.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Which targets a request was at, and which one is next. */
export class TargetChoice {
  private readonly request: TemplateSource;
  private upstream: Upstream | null = null;
  private tried: Target[] | null = null;

  constructor(request: TemplateSource) {
    this.request = request;
  }

  begin(upstream: Upstream | null): void {
    this.upstream = upstream;
    this.tried = null;
  }

  /** A target that the request was not at; null where no healthy one is left. */
  next(): Target | null {
    return this.upstream?.pick(this.request, this.tried) ?? null;
  }

  /** Another target is preferred for a retry, and where there is none, the same one is asked again. */
  nextForRetry(): Target | null {
    return this.next() ?? this.upstream?.pick(this.request, null) ?? null;
  }

  addTried(target: Target): void {
    if (this.tried === null) this.tried = [target];
    else this.tried.push(target);
  }
}

import type { TemplateSource } from '../core/template.ts';
import type { Target } from '../upstream/target.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Which targets a request was at, and which one is next. */
export class TargetChoice {
  private readonly request: TemplateSource;
  private upstream: Upstream | null = null;
  private tried: Target[] | null = null;
  private unreachable: Target[] | null = null;

  constructor(request: TemplateSource) {
    this.request = request;
  }

  begin(upstream: Upstream | null): void {
    this.upstream = upstream;
    this.tried = null;
    this.unreachable = null;
  }

  /** A target that the request was not at, or else one that it reached; null where no healthy one is left. */
  next(): Target | null {
    const { upstream, request, tried, unreachable } = this;
    if (upstream === null) return null;
    const untried = upstream.pick(request, tried);
    return untried !== null || tried === null ? untried : upstream.pick(request, unreachable);
  }

  /** As `next`; and where there is none, the same one is asked again, which may be there by now. */
  nextForRetry(): Target | null {
    return this.next() ?? this.upstream?.pick(this.request, null) ?? null;
  }

  addTried(target: Target): void {
    if (this.tried === null) this.tried = [target];
    else this.tried.push(target);
  }

  /** Nothing of the request has reached this target. */
  addUnreachable(target: Target): void {
    this.addTried(target);
    if (this.unreachable === null) this.unreachable = [target];
    else this.unreachable.push(target);
  }
}

import { spreadStep } from './balancers/spread.ts';
import type { Target } from './target.ts';

/** The shares are those weights times this where a target has only a part of its own. */
const unitOfParts = 100;

/** The targets that may have a request, each with its share of them. */
export class Candidates {
  /** In the order of the configuration. */
  readonly targets: Target[] = [];
  /** Of each: its weight, or in the same proportion to the others what it gets of that for now. */
  readonly shares: number[] = [];
  /** All shares together. */
  total = 0;
  /** How far to step through places so that those of one target are not met one after the other. */
  step = 1;
  /** All weights together, whatever they get of that. */
  weight = 0;
  /** Of each target: its share and those before it. */
  private readonly bounds: number[] = [];
  private readonly slots = new Set<number>();
  private isEven = true;

  clear(): void {
    for (const list of [this.targets, this.shares, this.bounds]) list.length = 0;
    this.slots.clear();
    this.weight = 0;
  }

  /** `part` of its weight is what the target gets, from 0 to 1. */
  add(target: Target, part: number): void {
    this.targets.push(target);
    this.shares.push(part);
    this.slots.add(target.slot);
    this.weight += target.weight;
  }

  /** All are there. */
  seal(): void {
    const { targets, shares, bounds } = this;
    const isWhole = shares.every((part) => part === 1);
    const first = targets[0]?.weight;
    this.isEven = isWhole && targets.every(({ weight }) => weight === first);
    this.total = 0;
    for (const [index, { weight }] of targets.entries()) {
      const part = shares[index] ?? 1;
      const share = this.isEven ? 1 : isWhole ? weight : Math.max(1, Math.round(unitOfParts * weight * part));
      shares[index] = share;
      this.total += share;
      bounds.push(this.total);
    }
    this.step = this.isEven ? 1 : spreadStep(this.total);
  }

  has(target: Target): boolean {
    return this.slots.has(target.slot);
  }

  /** Whose place this is, of the `total` places from 0. There has to be a target. */
  at(place: number): Target {
    return this.target(this.isEven ? place : this.indexOf(place));
  }

  target(index: number): Target {
    const target = this.targets[index];
    if (target === undefined) throw new RangeError(`There is no candidate ${index}.`);
    return target;
  }

  private indexOf(place: number): number {
    const { bounds } = this;
    let low = 0;
    let high = bounds.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (place < (bounds[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

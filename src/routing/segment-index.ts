const slash = 47;

/** From a node of a trie to the one below it by the next segment. */
export interface SegmentEdge {
  readonly parent: number;
  readonly segment: string;
  readonly child: number;
}

/** Words that an edge takes: its hash, the parent, the child and one, where its name begins. No child: no edge. */
const slotWords = 4;

/**
 * All edges of a trie in one table, found by parent and segment where the segment stands in a path: nothing is cut out of
 * the path, and a look-up costs a step for each character and, nearly always, one slot.
 *
 * Its hash has no secret: at most half of the table is filled, by the configuration alone, so that whoever picks paths
 * can at worst have a few more slots looked at.
 */
export class SegmentIndex {
  /** Where the segment ends that was looked up last. */
  end = 0;
  private readonly slots: Int32Array;
  private readonly mask: number;
  /** Of each edge the number of characters of its segment, and then these. */
  private readonly names: Uint16Array;

  /** No two edges of a parent have the same segment, and none has a slash in it. */
  constructor(edges: readonly SegmentEdge[]) {
    const size = 2 ** Math.ceil(Math.log2(2 * edges.length + 2));
    this.mask = size - 1;
    this.slots = new Int32Array(size * slotWords);
    this.names = new Uint16Array(edges.reduce((sum, { segment }) => sum + 1 + segment.length, 0));
    let nameStart = 0;
    for (const edge of edges) {
      this.add(edge, nameStart);
      nameStart += 1 + edge.segment.length;
    }
  }

  private add({ parent, segment, child }: SegmentEdge, nameStart: number): void {
    const { slots, names, mask } = this;
    let hash = beginHash(parent);
    names[nameStart] = segment.length;
    for (let at = 0; at < segment.length; at++) {
      const character = segment.charCodeAt(at);
      names[nameStart + 1 + at] = character;
      hash = addToHash(hash, character);
    }
    let slot = placeOf(hash) & mask;
    while (slots[slot * slotWords + 2] !== 0) slot = (slot + 1) & mask;
    slots.set([hash, parent, child + 1, nameStart], slot * slotWords);
  }

  /**
   * The node below `parent` for the segment after the slash at `start`, -1 where there is none. Sets `end` to the slash
   * after the segment, or to the end of the path.
   */
  find(parent: number, path: string, start: number): number {
    const { slots, mask } = this;
    const { length } = path;
    let hash = beginHash(parent);
    let end = start + 1;
    while (end < length) {
      const character = path.charCodeAt(end);
      if (character === slash) break;
      hash = addToHash(hash, character);
      end++;
    }
    this.end = end;
    for (let slot = placeOf(hash) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * slotWords;
      const child = (slots[at + 2] ?? 0) - 1;
      if (child < 0) return -1;
      if (slots[at] === hash && slots[at + 1] === parent && this.isAt(slots[at + 3] ?? 0, path, start)) return child;
    }
  }

  /** Whether the name at `nameStart` is the segment after `start` that ends at `end`. */
  private isAt(nameStart: number, path: string, start: number): boolean {
    const { names } = this;
    const length = this.end - start - 1;
    if (names[nameStart] !== length) return false;
    for (let at = 1; at <= length; at++) if (names[nameStart + at] !== path.charCodeAt(start + at)) return false;
    return true;
  }
}

function beginHash(parent: number): number {
  return Math.imul(parent + 1, 0x9e37_79b1);
}

/** As FNV-1a does (Fowler, Noll, Vo). */
function addToHash(hash: number, character: number): number {
  return Math.imul(hash ^ character, 0x0100_0193);
}

/** The low bits of an FNV hash know nothing of the high bits of what went in. */
function placeOf(hash: number): number {
  return hash ^ (hash >>> 15);
}

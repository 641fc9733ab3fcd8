interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly (readonly string[] | string)[];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

export interface HeapShare {
  readonly what: string;
  readonly bytes: number;
  readonly count: number;
}

/**
 * What a heap is made of, the largest first: objects by their constructor, everything else by its kind. Bytes are those
 * of the things themselves, without what they refer to.
 */
export function summariseHeap(text: string): HeapShare[] {
  const { snapshot, nodes, strings } = JSON.parse(text) as HeapSnapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const kinds = types[0] ?? [];
  const [kindAt, nameAt, sizeAt] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field));
  const shares = new Map<string, { bytes: number; count: number }>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kinds[nodes[at + (kindAt ?? 0)] ?? 0] ?? 'unknown';
    const name = strings[nodes[at + (nameAt ?? 0)] ?? 0] ?? '';
    const what = kind === 'object' || kind === 'native' ? `${kind}: ${shorten(name)}` : kind;
    const share = shares.get(what) ?? { bytes: 0, count: 0 };
    share.bytes += nodes[at + (sizeAt ?? 0)] ?? 0;
    share.count += 1;
    shares.set(what, share);
  }
  return [...shares].map(([what, share]) => ({ what, ...share })).toSorted((left, right) => right.bytes - left.bytes);
}

/** The names of some things have whole addresses in them. */
function shorten(name: string): string {
  return name.split(' / ').slice(0, 2).join(' / ').slice(0, 60);
}

import { Document as YamlDocument, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { formatPath, type DocumentPath } from './document-path.ts';
import type { ResolvedValue } from './resolved-document.ts';

/** Unicode keeps it for internal use, so it stands in no text: what follows is the origin of the line's value. */
const originMark = '\ufdd0';
const widestColumn = 48;

/** As a file in YAML, each value with its origin in a comment behind it. */
export function formatResolved(value: ResolvedValue): string {
  const document = new YamlDocument();
  document.contents = createNode(value) as typeof document.contents;
  const lines = document.toString({ lineWidth: 0, flowCollectionPadding: true }).trimEnd().split('\n');
  const columns = lines.flatMap((line) => (line.includes(` #${originMark}`) ? [line.indexOf(` #${originMark}`)] : []));
  const column = Math.min(widestColumn, Math.max(...columns, 0));
  return lines
    .map((line) => {
      const [text = '', origin] = line.split(` #${originMark}`);
      return `${origin === undefined ? line : `${text.padEnd(column)}  # ${origin}`}\n`;
    })
    .join('');
}

function createNode(value: ResolvedValue): Node {
  if (value.kind === 'mapping' && value.entries.length > 0) {
    const map = new YAMLMap();
    map.items = value.entries.map(([key, child]) => new Pair(new Scalar(key), createNode(child)));
    return map;
  }
  if (value.kind === 'list' && value.items.length > 0) {
    const list = new YAMLSeq();
    list.items = value.items.map(createNode);
    return list;
  }
  const node = value.kind === 'scalar' ? new Scalar(scalarText(value)) : emptyNode(value.kind);
  node.comment = `${originMark}${value.origin}`;
  return node;
}

function emptyNode(kind: 'mapping' | 'list'): YAMLMap | YAMLSeq {
  const node = kind === 'mapping' ? new YAMLMap() : new YAMLSeq();
  node.flow = true;
  return node;
}

/** A `${` that is meant as such would be filled in when the file is read again. */
function scalarText({ value, isReference }: Extract<ResolvedValue, { kind: 'scalar' }>): unknown {
  return typeof value === 'string' && !isReference ? value.replaceAll('${', () => '$${') : value;
}

/** The same values without origins, as they would stand in a file. */
export function plainResolved(value: ResolvedValue): unknown {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(plainResolved);
  return Object.fromEntries(value.entries.map(([key, child]) => [key, plainResolved(child)] as const));
}

/** The origins of all values by their paths; a list or mapping has one only if it is empty. */
export function listOrigins(value: ResolvedValue, path: DocumentPath = []): [path: string, origin: string][] {
  if (value.kind === 'list' && value.items.length > 0) {
    return value.items.flatMap((item, index) => listOrigins(item, [...path, index]));
  }
  if (value.kind === 'mapping' && value.entries.length > 0) {
    return value.entries.flatMap(([key, child]) => listOrigins(child, [...path, key]));
  }
  return [[formatPath(path), value.origin]];
}

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document as YamlDocument,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { ParsedText, Span } from './document.ts';
import type { DocumentPath } from './document-path.ts';
import { TextSyntaxError, type SyntaxProblem } from './text-syntax.ts';
import { describeYamlProblems } from './yaml-complaint.ts';

const maxAliasCount = 100;
const maxProblems = 20;
const describeLostAlias =
  'no anchor of this name stands before this alias; a text that begins with * is written in quotes';

// A `${NAME}` in a flow mapping such as `{ password: ${NAME} }` is not well-formed YAML, because of its braces. For the
// parser they are replaced, one for one, so that columns stay, by code points that Unicode keeps for internal use.
const shielded = '{}[],:#';
const firstShield = 0xfdd0;

/** @throws TextSyntaxError with the problems that are no consequence of one before them */
export function parseYaml(text: string): ParsedText {
  const document = parseDocument(shieldReferences(text), {
    prettyErrors: false,
    // The parser would compare each key with all before it.
    uniqueKeys: false,
    merge: true,
    strict: true,
    stringKeys: true,
  });
  const problems = describeYamlProblems(document, text);
  if (problems.length > 0) throw new TextSyntaxError(problems.slice(0, maxProblems));
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string') node.value = unshield(node.value);
    },
  });
  const pairs = new WeakMap<YAMLMap, Map<unknown, Pair>>();
  const pairOf = (map: YAMLMap, key: string): Pair | undefined => {
    const known = pairs.get(map) ?? indexPairs(map);
    pairs.set(map, known);
    return known.get(key);
  };
  return { value: toValue(document), find: (path) => findNode(document, path, pairOf) };
}

function toValue(document: YamlDocument): unknown {
  try {
    return document.toJS({ maxAliasCount }) as unknown;
  } catch (error) {
    // A tree that is too deep for the stack is the caller's to report.
    if (error instanceof RangeError) throw error;
    throw new TextSyntaxError([findReferenceProblem(document)]);
  }
}

/** Why a well-formed tree has no value: an alias or a merge key that cannot be followed, or too many of them. */
function findReferenceProblem(document: YamlDocument): SyntaxProblem {
  let problem: SyntaxProblem | undefined;
  visit(document, {
    Alias: (_, node) => {
      if (node.resolve(document) !== undefined) return undefined;
      problem = { offset: startOf(node) ?? 0, message: describeLostAlias };
      return visit.BREAK;
    },
    Pair: (_, { key, value }) => {
      const source = resolved(document, value);
      if (!isScalar(key) || key.source !== '<<' || isMap(source) || isSeq(source)) return undefined;
      problem = { offset: startOf(key) ?? 0, message: '"<<" merges mappings: give it an alias of one' };
      return visit.BREAK;
    },
  });
  const tooMany = `the YAML repeats anchors too often (the limit is ${maxAliasCount}): write the values out`;
  return problem ?? { offset: 0, message: tooMany };
}

function shieldReferences(text: string): string {
  return text.replace(/\$\{[^}\n"']*\}/g, (reference) =>
    Array.from(reference, (character) => {
      const index = shielded.indexOf(character);
      return index === -1 ? character : String.fromCharCode(firstShield + index);
    }).join(''),
  );
}

function unshield(text: string): string {
  return text.replace(/[\ufdd0-\ufdd6]/g, (character) => shielded[character.charCodeAt(0) - firstShield] ?? character);
}

type FindPair = (map: YAMLMap, key: string) => Pair | undefined;

function indexPairs(map: YAMLMap): Map<unknown, Pair> {
  return new Map(map.items.flatMap((pair) => (isScalar(pair.key) ? [[pair.key.value, pair] as const] : [])));
}

function findNode(document: YamlDocument, path: DocumentPath, pairOf: FindPair): Span | undefined {
  let node = resolved(document, document.contents);
  let keyOffset = startOf(document.contents);
  let valueOffset = keyOffset;
  for (const step of path) {
    const child = childOf(node, step, pairOf);
    if (child === undefined) return undefined;
    keyOffset = child.key;
    valueOffset = child.value ?? keyOffset;
    node = resolved(document, child.node);
  }
  return { key: keyOffset ?? 0, value: valueOffset ?? 0 };
}

interface Child {
  readonly key: number | undefined;
  readonly value: number | undefined;
  readonly node: unknown;
}

function childOf(node: unknown, step: string | number, pairOf: FindPair): Child | undefined {
  if (isSeq(node)) {
    if (typeof step !== 'number' || step >= node.items.length) return undefined;
    const item = node.items[step];
    return { key: startOf(item), value: startOf(item), node: item };
  }
  if (!isMap(node)) return undefined;
  const pair = pairOf(node, String(step));
  if (pair === undefined) return undefined;
  const empty = isScalar(pair.value) && pair.value.value === null && pair.value.source === '';
  return { key: startOf(pair.key), value: empty ? undefined : startOf(pair.value), node: pair.value };
}

function resolved(document: YamlDocument, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

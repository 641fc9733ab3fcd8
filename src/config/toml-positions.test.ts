import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assert as assertProperty,
  array,
  boolean,
  dictionary,
  double,
  integer,
  letrec,
  oneof,
  property,
  string,
} from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { pathKey, type DocumentPath } from './document-path.ts';
import { locateTomlKeys } from './toml-positions.ts';

function* leaves(value: unknown, path: DocumentPath): Iterable<{ path: DocumentPath; value: unknown }> {
  if (typeof value !== 'object' || value === null) yield { path, value };
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* leaves(item, [...path, index]);
  else for (const [key, child] of Object.entries(value)) yield* leaves(child, [...path, key]);
}

const { table } = letrec<{ table: Record<string, unknown>; value: unknown }>((tie) => ({
  table: dictionary(string({ maxLength: 6 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: oneof(
    { maxDepth: 3, withCrossShrink: true },
    string({ maxLength: 8 }),
    integer(),
    boolean(),
    double({ noNaN: true, noDefaultInfinity: true }),
    array(tie('table'), { maxLength: 3 }),
    array(integer(), { maxLength: 3 }),
    tie('table'),
  ),
}));

test('each value of any TOML document is where its position says', () => {
  assertProperty(
    property(table, (value) => {
      const text = stringify(value);
      const spans = locateTomlKeys(text);
      for (const leaf of leaves(parse(text), [])) {
        const span = spans.get(pathKey(leaf.path));
        assert.ok(span !== undefined, `${pathKey(leaf.path)} in ${text}`);
        const [line = ''] = text.slice(span.value).split('\n');
        assert.deepEqual(readStart(line, leaf.value), leaf.value, `${pathKey(leaf.path)} in ${text}`);
      }
    }),
    { numRuns: 300 },
  );
});

/** The value that the line begins with; what follows it is not known, so ever shorter pieces are tried. */
function readStart(line: string, wanted: unknown): unknown {
  for (let end = line.length; end > 0; end -= 1) {
    try {
      const { x } = parse(`x = ${line.slice(0, end)}`) as { x: unknown };
      if (Object.is(x, wanted) || x === wanted) return x;
    } catch {
      continue;
    }
  }
  return undefined;
}

test('comments, dotted keys, inline tables and long strings are passed over rightly', () => {
  const text = [
    '# [not.a.table]',
    'a . "b.c" = 1 # x = 2',
    "s = '''",
    "[no] = ''",
    "'''",
    'd = 1979-05-27 07:32:00',
    'l = [ # comment ]',
    '  "x]", { y = [ 1, 2 ], z.w = "}" },',
    ']',
    '[[t]]',
    '[[t.u]]',
    'v = 1',
    '[[t.u]]',
    'v = 2',
    '[[t]]',
    '[[t.u]]',
    'v = 3',
  ].join('\n');
  const spans = locateTomlKeys(text);
  const lineOf = (path: DocumentPath) => text.slice(0, spans.get(pathKey(path))?.value ?? 0).split('\n').length;
  assert.equal(lineOf(['a', 'b.c']), 2);
  assert.equal(lineOf(['s']), 3);
  assert.equal(lineOf(['d']), 6);
  assert.equal(lineOf(['l', 1, 'y', 1]), 8);
  assert.equal(lineOf(['l', 1, 'z', 'w']), 8);
  assert.equal(lineOf(['t', 0, 'u', 0, 'v']), 12);
  assert.equal(lineOf(['t', 0, 'u', 1, 'v']), 14);
  assert.equal(lineOf(['t', 1, 'u', 0, 'v']), 17);
  assert.equal(spans.has(pathKey(['no'])), false);
});

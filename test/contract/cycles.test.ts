import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listReferences, parseSource, readAllSources, resolveReference } from './sources.ts';
import type { SourceFile } from './sources.ts';

type ImportGraph = ReadonlyMap<string, readonly string[]>;

function createGraph(sources: readonly SourceFile[]): ImportGraph {
  const targetsOf = (source: SourceFile) =>
    listReferences(source).flatMap(({ specifier }) =>
      specifier === undefined ? [] : (resolveReference(source, specifier) ?? []),
    );
  return new Map(sources.map((source) => [source.path, targetsOf(source)]));
}

/** One circle for each import that leads back to a file on the way to it; none when there are no circles. */
function findCircles(graph: ImportGraph): string[] {
  const circles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, way: readonly string[]) => {
    const start = way.indexOf(file);
    if (start >= 0) {
      circles.push([...way.slice(start), file].join(' → '));
      return;
    }
    if (finished.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...way, file]);
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

function findCirclesIn(files: Readonly<Record<string, string>>): string[] {
  return findCircles(createGraph(Object.entries(files).map(([file, text]) => parseSource(file, text))));
}

describe('the files of the repository', () => {
  test('import each other without a circle, types and dynamic imports included', () => {
    const graph = createGraph(readAllSources());
    assert.ok(graph.size > 0);
    assert.deepEqual(findCircles(graph), []);
  });
});

describe('the check of circles', () => {
  test('finds a circle that only type imports and dynamic imports make', () => {
    const circles = findCirclesIn({
      'src/a.ts': "import type { B } from './lib/b.ts';",
      'src/lib/b.ts': "export const load = () => import('./c.ts');",
      'src/lib/c.ts': "export { a } from '../a.ts';",
    });
    assert.deepEqual(circles, ['src/a.ts → src/lib/b.ts → src/lib/c.ts → src/a.ts']);
  });

  test('finds a file that imports itself', () => {
    assert.deepEqual(findCirclesIn({ 'src/a.ts': "import './a.ts';" }), ['src/a.ts → src/a.ts']);
  });

  test('finds a circle behind a file that was already seen to be free of circles on another way', () => {
    const circles = findCirclesIn({
      'src/a.ts': "import './b.ts'; import './c.ts';",
      'src/b.ts': '',
      'src/c.ts': "import './b.ts'; import './d.ts';",
      'src/d.ts': "import './c.ts';",
    });
    assert.deepEqual(circles, ['src/c.ts → src/d.ts → src/c.ts']);
  });

  test('does not take two ways to the same file for a circle', () => {
    const files = { 'src/a.ts': "import './b.ts'; import './c.ts';", 'src/b.ts': "import './c.ts';", 'src/c.ts': '' };
    assert.deepEqual(findCirclesIn(files), []);
  });
});

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ConfigWatch } from './config-watch.ts';
import { listWatchedNames } from './watched-names.ts';

interface Bench {
  readonly folder: string;
  readonly file: string;
  readonly watch: ConfigWatch;
  /** How often a change was told. */
  readonly count: () => number;
  /** Resolves with the content at the next change that is told. */
  readonly change: () => Promise<string>;
}

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function startWatch(
  t: TestContext,
  file: string,
  more: { readonly quietMs?: number; readonly pollMs?: number } = {},
): Promise<Omit<Bench, 'folder' | 'file'>> {
  const changes = new EventEmitter();
  let count = 0;
  const watch = new ConfigWatch({
    files: () => [file],
    onChange: () => {
      count += 1;
      changes.emit('change');
    },
    quietMs: 20,
    // What is seen is seen by the watch, except where a test says something else.
    pollMs: 600_000,
    ...more,
  });
  await watch.start();
  t.after(() => watch.stop());
  return {
    watch,
    count: () => count,
    async change() {
      await once(changes, 'change');
      return readFileSync(file, 'utf8');
    },
  };
}

async function createBench(t: TestContext, more = {}): Promise<Bench> {
  const folder = createFolder(t);
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, 'one');
  return { folder, file, ...(await startWatch(t, file, more)) };
}

test('a file that is written to is seen', async (t) => {
  const { file, change } = await createBench(t);
  const seen = change();
  writeFileSync(file, 'two');
  assert.equal(await seen, 'two');
});

test('a file that another one is renamed over is seen, each time', async (t) => {
  const { folder, file, change } = await createBench(t);
  for (const content of ['two', 'three', 'four']) {
    const seen = change();
    writeFileSync(join(folder, 'new'), content);
    renameSync(join(folder, 'new'), file);
    assert.equal(await seen, content);
  }
});

test('a file that goes away and comes back is seen twice, and a rewrite of the same bytes not at all', async (t) => {
  const { file, change, count, watch } = await createBench(t);
  const first = change().catch((error: NodeJS.ErrnoException) => error.code);
  rmSync(file);
  assert.equal(await first, 'ENOENT');
  const second = change();
  writeFileSync(file, 'one');
  assert.equal(await second, 'one');
  writeFileSync(file, 'one');
  utimesSync(file, 1, 1);
  await watch.look();
  assert.equal(count(), 2);
});

test('a burst of writes is one change, told when it is over', async (t) => {
  const { file, change, count, watch } = await createBench(t, { quietMs: 200 });
  const seen = change();
  for (let index = 0; index < 50; index += 1) appendFileSync(file, 'x');
  assert.equal(await seen, `one${'x'.repeat(50)}`);
  await watch.look();
  assert.equal(count(), 1);
});

test('a file that is written to without a pause is seen all the same', async (t) => {
  const { file, change } = await createBench(t, { quietMs: 300 });
  const seen = change();
  const writing = setInterval(() => appendFileSync(file, 'x'), 20);
  t.after(() => clearInterval(writing));
  assert.match(await seen, /^onex+$/);
});

test('other files of the folder are nobody’s business', async (t) => {
  const { folder, watch, count } = await createBench(t);
  const looked = Promise.withResolvers<void>();
  const look = t.mock.method(watch, 'look', async () => looked.resolve());
  for (let index = 0; index < 20; index += 1) appendFileSync(join(folder, 'access.log'), 'line\n');
  writeFileSync(join(folder, 'sluice.yaml.swp'), 'x');
  // Events come in order: after one of its own, those before have been passed over.
  appendFileSync(join(folder, 'sluice.yaml'), 'x');
  await looked.promise;
  assert.deepEqual([look.mock.callCount(), count()], [1, 0]);
});

test('a Kubernetes ConfigMap that is swapped is seen, each time', async (t) => {
  const folder = createFolder(t);
  const publish = (name: string, content: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'sluice.yaml'), content);
    symlinkSync(name, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  publish('..2026_1', 'one');
  const file = join(folder, 'sluice.yaml');
  symlinkSync(join('..data', 'sluice.yaml'), file);
  const { change } = await startWatch(t, file);
  for (const [index, content] of ['two', 'three', 'four'].entries()) {
    const seen = change();
    publish(`..2026_${index + 2}`, content);
    rmSync(join(folder, `..2026_${index + 1}`), { recursive: true });
    assert.equal(await seen, content);
  }
});

test('a link in the middle of the path that leads elsewhere is seen, as releases are switched', async (t) => {
  const folder = createFolder(t);
  for (const [name, content] of [
    ['r1', 'one'],
    ['r2', 'two'],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'sluice.yaml'), content);
  }
  symlinkSync('r1', join(folder, 'current'));
  const file = join(folder, 'current', 'sluice.yaml');
  const { change } = await startWatch(t, file);
  const seen = change();
  symlinkSync('r2', join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'current'));
  assert.equal(await seen, 'two');
  const second = change();
  writeFileSync(join(folder, 'r2', 'sluice.yaml'), 'three');
  assert.equal(await second, 'three');
});

test('a folder that is replaced as a whole is seen by the poll, and watched from then on', async (t) => {
  const { folder, file, change, watch } = await createBench(t);
  renameSync(folder, `${folder}-old`);
  t.after(() => rmSync(`${folder}-old`, { recursive: true, force: true }));
  mkdirSync(folder);
  writeFileSync(file, 'two');
  const seen = change();
  await watch.look();
  assert.equal(await seen, 'two');
  const second = change();
  writeFileSync(file, 'three');
  assert.equal(await second, 'three');
});

test('the poll sees what nobody tells of', async (t) => {
  const { file, change } = await createBench(t, { pollMs: 20, quietMs: 600_000 });
  const seen = change();
  writeFileSync(file, 'two');
  assert.equal(await seen, 'two');
});

test('nothing is told once the watch has stopped', async (t) => {
  const { file, watch, count } = await createBench(t);
  writeFileSync(file, 'two');
  watch.stop();
  await watch.look();
  assert.equal(count(), 0);
});

test('links are followed by name, round ones for a while only', (t) => {
  const folder = createFolder(t);
  symlinkSync('b', join(folder, 'a'));
  symlinkSync('a', join(folder, 'b'));
  const names = listWatchedNames([join(folder, 'a')]);
  assert.deepEqual([...(names.get(folder) ?? [])].toSorted(), ['a', 'b']);
  symlinkSync(join(folder, 'deep', '..', 'file'), join(folder, 'c'));
  assert.deepEqual([...(listWatchedNames([join(folder, 'c')]).get(folder) ?? [])].toSorted(), ['c', 'file']);
});

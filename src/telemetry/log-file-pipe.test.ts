import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  append,
  appendAll,
  createLogFolder,
  createPipe,
  logOptions,
  numbered,
  openPipeReader,
  readLines,
  until,
  type Report,
} from './fixtures/log-files.ts';
import { LogFile } from './log-file.ts';

const folder = createLogFolder();
after(() => folder[Symbol.dispose]());

test('a pipe whose reader is slow loses nothing, though a line is longer than the pipe', async () => {
  const pipe = createPipe(folder.create());
  const reader = await openPipeReader(pipe);
  const log = await LogFile.open(logOptions(pipe));
  const lines = numbered(0, 3000).map((line, index) => line + 'x'.repeat(index % 100 === 0 ? 100_000 : 100));
  appendAll(log, lines);
  const closed = log.close();
  assert.deepEqual(await readLines(reader, lines.length), lines);
  await closed;
  await reader.close();
  assert.deepEqual([log.dropped, log.errors], [0, 0]);
});

test('several that write to one full pipe do not mix their lines', async () => {
  const pipe = createPipe(folder.create());
  const reader = await openPipeReader(pipe);
  const logs = await Promise.all([0, 1, 2].map(() => LogFile.open(logOptions(pipe))));
  for (const [index, log] of logs.entries()) {
    appendAll(
      log,
      numbered(0, 2000).map((line) => `${index} ${line} ${'x'.repeat(200)}`),
    );
  }
  const closed = Promise.all(logs.map((log) => log.close()));
  const lines = await readLines(reader, 6000);
  await closed;
  await reader.close();
  assert.equal(new Set(lines).size, 6000);
  for (const line of lines) assert.match(line, /^[012] line \d+ x{200}$/);
});

test('what nobody reads is kept up to 4 MiB, then new lines are dropped whole and counted', async () => {
  const pipe = createPipe(folder.create());
  const reader = await openPipeReader(pipe);
  const reports: Report[] = [];
  const log = await LogFile.open(logOptions(pipe, reports));
  const padding = 'x'.repeat(1000);
  const lines = numbered(0, 6000).map((line) => `${line} ${padding}`);
  appendAll(log, lines);
  const { dropped } = log;
  assert.ok(dropped > 1500 && dropped < 2000, `dropped ${dropped}`);
  assert.match(reports[0]?.message ?? '', /has lost lines: they came faster than they could be written\.$/);
  assert.equal(reports.length, 1);
  const kept = lines.slice(0, lines.length - dropped);
  assert.deepEqual(await readLines(reader, kept.length), kept);
  append(log, 'after\n');
  assert.deepEqual(await readLines(reader, 1), ['after']);
  await log.close();
  await reader.close();
  assert.equal(log.dropped, dropped);
});

test('closing does not wait longer than its limit for a reader, and counts what is lost', async () => {
  const pipe = createPipe(folder.create());
  const reader = await openPipeReader(pipe);
  const log = await LogFile.open({ ...logOptions(pipe), closeLimitMs: 150 });
  const lines = numbered(0, 2000).map((line) => `${line} ${'x'.repeat(100)}`);
  appendAll(log, lines);
  const start = performance.now();
  await log.close();
  const elapsedMs = performance.now() - start;
  assert.ok(elapsedMs >= 100 && elapsedMs < 1000, `${elapsedMs} ms`);
  const kept = lines.slice(0, lines.length - log.dropped);
  assert.deepEqual(await readLines(reader, kept.length), kept);
  await reader.close();
  assert.ok(log.dropped > 0 && kept.length > 0);
});

test('a pipe that was closed is opened again when it has a reader', async () => {
  const pipe = createPipe(folder.create());
  const first = await openPipeReader(pipe);
  const reports: Report[] = [];
  const log = await LogFile.open(logOptions(pipe, reports));
  append(log, 'one\n');
  assert.deepEqual(await readLines(first, 1), ['one']);
  await first.close();
  appendAll(log, ['two', 'three']);
  await until(() => log.errors > 0);
  assert.match(reports[0]?.message ?? '', /broken pipe \(EPIPE\)/);
  const second = await openPipeReader(pipe);
  append(log, 'four\n');
  assert.deepEqual(await readLines(second, 3), ['two', 'three', 'four']);
  await log.close();
  await second.close();
  assert.equal(log.dropped, 0);
});

test('a synchronous flush does not wait for a reader for long, and counts what it cannot write', async () => {
  const pipe = createPipe(folder.create());
  const reader = await openPipeReader(pipe);
  const log = await LogFile.open({ ...logOptions(pipe), closeLimitMs: 10 });
  appendAll(log, numbered(0, 20_000));
  const start = performance.now();
  log.flushSync();
  assert.ok(performance.now() - start < 1500);
  assert.ok(log.dropped > 10_000);
  await log.close();
  await reader.close();
});

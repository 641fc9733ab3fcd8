import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  append,
  appendAll,
  createLogFolder,
  createPipe,
  linesOf,
  logOptions,
  numbered,
  until,
  type Report,
} from './fixtures/log-files.ts';
import { LogFile } from './log-file.ts';

const folder = createLogFolder();
after(() => folder[Symbol.dispose]());

test('lines reach the file by themselves, a few after a while and many at once', async () => {
  const file = path.join(folder.create(), 'access.log');
  const log = await LogFile.open(logOptions(file));
  append(log, 'é\n');
  assert.equal(readFileSync(file, 'utf8'), '');
  await until(() => readFileSync(file, 'utf8') === 'é\n');
  const many = `${'x'.repeat(70_000)}\n`;
  append(log, many);
  await until(() => readFileSync(file, 'utf8') === `é\n${many}`);
  await log.close();
  assert.deepEqual([log.dropped, log.errors], [0, 0]);
});

test('a log file is not for everybody to read, and what it held before stays', async () => {
  const file = path.join(folder.create(), 'access.log');
  for (const line of ['first', 'second']) {
    const log = new LogFile(logOptions(file));
    append(log, `${line}\n`);
    await log.close();
  }
  assert.deepEqual(linesOf(file), ['first', 'second']);
  assert.equal(statSync(file).mode & 0o007, 0);
});

test('several that append to one file write whole lines, none lost and each in its order', async () => {
  const file = path.join(folder.create(), 'access.log');
  const logs = await Promise.all([0, 1, 2, 3].map(() => LogFile.open(logOptions(file))));
  const padding = 'x'.repeat(300);
  for (let round = 0; round < 5; round++) {
    for (let line = 0; line < 500; line++) {
      for (const [index, log] of logs.entries()) append(log, `${index} ${round * 500 + line} ${padding}\n`);
    }
    await wait(1);
  }
  await Promise.all(logs.map((log) => log.close()));
  const lines = linesOf(file);
  for (const index of logs.keys()) {
    const own = lines.filter((line) => line.startsWith(`${index} `));
    assert.deepEqual(
      own,
      numbered(0, 2500).map((_, line) => `${index} ${line} ${padding}`),
    );
  }
  assert.equal(lines.length, 10_000);
});

test('a file that cannot be opened at the start is an error that names it and says why', async () => {
  const own = folder.create();
  const missing = path.join(own, 'no', 'access.log');
  await assert.rejects(LogFile.open(logOptions(missing)), {
    message: `the access log "${missing}" cannot be opened for writing: no such file or directory (ENOENT)`,
  });
  await assert.rejects(LogFile.open(logOptions(own)), /cannot be opened for writing: .*\(EISDIR\)$/);
  await assert.rejects(LogFile.check(own), /cannot be opened for writing: .*\(EISDIR\)$/);
  await LogFile.check(path.join(own, 'access.log'));
  const pipe = createPipe(folder.create());
  await assert.rejects(LogFile.open(logOptions(pipe)), /cannot be opened for writing: .*\(ENXIO\)$/);
});

test('after a rotation lines go to the new file; none is lost and none is there twice', async () => {
  const file = path.join(folder.create(), 'access.log');
  const log = await LogFile.open(logOptions(file));
  const files: string[] = [];
  const padding = 'x'.repeat(3000);
  let count = 0;
  for (let round = 0; round < 20; round++) {
    for (let line = 0; line < 100; line++) append(log, `line ${count++} ${padding}\n`);
    const rotated = `${file}.${round}`;
    files.push(rotated);
    renameSync(file, rotated);
    const reopened = [log.reopen(), log.reopen()];
    append(log, `line ${count++} ${padding}\n`);
    await Promise.all(reopened);
    assert.ok(existsSync(file));
  }
  append(log, `line ${count++} ${padding}\n`);
  await log.close();
  const last = linesOf(file);
  assert.equal(last.at(-1), `line ${count - 1} ${padding}`);
  assert.deepEqual(
    [...linesOf(...files), ...last],
    numbered(0, count).map((line) => `${line} ${padding}`),
  );
  assert.deepEqual([log.dropped, log.errors], [0, 0]);
});

test('where the file cannot be opened anew the old one stays in use, and opening is tried again', async () => {
  const own = folder.create();
  const current = path.join(own, 'current');
  mkdirSync(current);
  const file = path.join(current, 'access.log');
  const reports: Report[] = [];
  const log = await LogFile.open(logOptions(file, reports));
  renameSync(current, path.join(own, 'moved'));
  await log.reopen();
  assert.match(reports[0]?.message ?? '', /^The access log ".*access\.log" could not be written: .*\(ENOENT\)\.$/);
  const moved = path.join(own, 'moved', 'access.log');
  append(log, 'old\n');
  await until(() => readFileSync(moved, 'utf8') === 'old\n');
  mkdirSync(current);
  let appended = 0;
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') {
    append(log, `line ${appended++}\n`);
    await wait(20);
  }
  await log.close();
  assert.deepEqual(linesOf(moved, file), ['old', ...numbered(0, appended)]);
});

test('a file that was deleted is made anew, and that is reported', async () => {
  const file = path.join(folder.create(), 'access.log');
  const reports: Report[] = [];
  const log = await LogFile.open(logOptions(file, reports));
  append(log, 'before\n');
  await until(() => readFileSync(file, 'utf8') !== '');
  rmSync(file);
  await until(() => {
    append(log, 'after\n');
    return existsSync(file);
  });
  await log.close();
  assert.ok(linesOf(file).length > 0);
  assert.match(reports[0]?.message ?? '', /it was deleted while it was open/);
  assert.deepEqual([reports.length, log.errors], [1, 1]);
});

test('a full disk throws nothing, is reported once a minute, and lines are written when there is room', async () => {
  const own = folder.create();
  const file = path.join(own, 'access.log');
  symlinkSync('/dev/full', file);
  const reports: Report[] = [];
  let nowMs = 0;
  const clock = { now: () => nowMs, wallTime: () => nowMs };
  const log = await LogFile.open({ ...logOptions(file, reports), clock });
  appendAll(log, numbered(0, 5000));
  for (const minute of [0, 1]) {
    nowMs = minute * 60_000;
    const { errors } = log;
    await until(() => log.errors >= errors + 2);
    assert.equal(reports.length, minute + 1);
  }
  assert.match(reports[1]?.message ?? '', /could not be written: no space left on device \(ENOSPC\)\.$/);
  assert.ok((reports[1]?.errors ?? 0) >= 3);
  rmSync(file);
  await log.reopen();
  await log.close();
  assert.deepEqual(linesOf(file), numbered(0, 5000));
  assert.equal(log.dropped, 0);
});

test('closing on a full disk gives up at once and counts what is lost', async () => {
  const reports: Report[] = [];
  const log = await LogFile.open(logOptions('/dev/full', reports));
  appendAll(log, numbered(0, 300));
  const start = performance.now();
  await log.close();
  assert.ok(performance.now() - start < 1000);
  assert.deepEqual([log.dropped, log.errors, reports.length], [300, 1, 1]);
  append(log, 'late\n');
  assert.equal(log.dropped, 301);
  await log.reopen();
  await log.close();
});

test('a synchronous flush writes what is not being written already, and nothing twice', async () => {
  const file = path.join(folder.create(), 'access.log');
  const log = await LogFile.open(logOptions(file));
  appendAll(log, numbered(0, 20));
  log.flushSync();
  assert.deepEqual(linesOf(file), numbered(0, 20));
  const many = numbered(20, 20_000);
  appendAll(log, many);
  log.flushSync();
  appendAll(log, ['last']);
  await log.close();
  assert.deepEqual(new Set(linesOf(file)), new Set([...numbered(0, 20_000), 'last']));
  assert.equal(linesOf(file).length, 20_001);
});

test('a synchronous flush counts what it cannot write, in the tally too', async () => {
  const tally = { accessLogDropped: 0, accessLogErrors: 0 };
  const full = new LogFile({
    ...logOptions('/dev/full'),
    tally: {
      countLogError: () => void (tally.accessLogErrors += 1),
      countDroppedLogLines: (lines) => void (tally.accessLogDropped += lines),
    },
  });
  append(full, 'lost\n');
  full.flushSync();
  assert.deepEqual([full.dropped, full.errors], [1, 1]);
  assert.deepEqual(tally, { accessLogDropped: 1, accessLogErrors: 1 });
  await full.close();
});

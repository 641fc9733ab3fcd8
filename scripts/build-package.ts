import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rootFolder, runTool } from './run-tool.ts';

/** What of the manifest of the repository the published one has too. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** What is published besides the program. */
const texts = ['README.md', 'LICENSE', 'SECURITY.md', 'sluice.schema.json'];

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(path.join(rootFolder, 'package.json'), 'utf8')) as Manifest;
}

/**
 * The manifest that is published: no scripts, nothing for development, and not the pinned Node.js, which is for working
 * on the repository. What runs the package is the Node.js of whoever installs it.
 */
export function publishedManifest(root: Manifest, leastNode: string): object {
  const { name, version, description, license, type, bin, dependencies } = root;
  return {
    name,
    version,
    description,
    license,
    type,
    bin,
    exports: {
      '.': { types: './src/index.d.ts', default: './src/index.js' },
      './sluice.schema.json': './sluice.schema.json',
    },
    engines: { node: `>=${leastNode}` },
    dependencies,
  };
}

/** Makes the folder that is published: JavaScript and declarations, the launcher, a manifest of its own. */
export function buildPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  runTool('tsc', ['--project', 'tsconfig.build.json', '--outDir', folder]);
  for (const file of globSync('src/**/*.js', { cwd: folder })) {
    const place = path.join(folder, file);
    writeFileSync(place, renameModules(readFileSync(place, 'utf8'), file));
  }
  copyLauncher(folder);
  for (const file of texts) cpSync(path.join(rootFolder, file), path.join(folder, file));
  writeFileSync(path.join(folder, 'package.json'), formatJson(publishedManifest(readManifest(), leastNodeVersion())));
}

/**
 * The compiler renames what is imported, and not what is handed to a worker thread or a loader as a URL.
 *
 * @throws Error where a name of ours is left as it is in the sources
 */
export function renameModules(text: string, file: string): string {
  const renamed = text.replaceAll(/(new URL\('\.{1,2}\/[^']+)\.ts(', import\.meta\.url\))/g, '$1.js$2');
  const left = /(?:import\(|from |new URL\()\s*['"]\.{1,2}\/[^'"]+\.ts['"]/.exec(renamed);
  if (left !== null) throw new Error(`${file}: ${left[0]} would lead nowhere in the package`);
  return renamed;
}

function copyLauncher(folder: string): void {
  cpSync(path.join(rootFolder, 'bin'), path.join(folder, 'bin'), { recursive: true });
  const file = path.join(folder, 'bin', 'sluice');
  const text = readFileSync(file, 'utf8');
  const renamed = text.replace("'../src/cli/main.ts'", "'../src/cli/main.js'");
  if (renamed === text) throw new Error(`${file}: the launcher does not start src/cli/main.ts`);
  writeFileSync(file, renamed);
  chmodSync(file, 0o755);
}

/** As the launcher has it. */
function leastNodeVersion(): string {
  const text = readFileSync(path.join(rootFolder, 'bin', 'sluice'), 'utf8');
  const [, major, minor] = /leastVersion = \[(\d+), (\d+)\]/.exec(text) ?? [];
  if (major === undefined) throw new Error('bin/sluice: it says nowhere which Node.js it needs at least');
  return `${major}.${minor}.0`;
}

function formatJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * Makes what is released, in `dist/`: `node scripts/release.ts`. The package as a folder and packed, and the list of all
 * that it depends on (SBOM, CycloneDX). The packed one is installed into an empty folder and tried there; nothing is
 * published. With `--build-only`, the folder alone.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildPackage, readManifest } from './build-package.ts';
import { rootFolder, runTool } from './run-tool.ts';
import { tryPackage } from './try-package.ts';

const distFolder = path.join(rootFolder, 'dist');
const packageFolder = path.join(distFolder, 'package');

function step(name: string): void {
  console.log(`▶ ${name}`);
}

/**
 * Of the published manifest with the versions of the lock file. It is asked for in a folder of its own: in that of the
 * repository, npm leaves out what a tool of the development needs too.
 *
 * @throws Error where a dependency is not in it
 */
function writeBillOfMaterials(file: string): void {
  const parent = mkdtempSync(path.join(tmpdir(), 'sluice-release-'));
  // npm calls the whole by the name of its folder.
  const folder = path.join(parent, readManifest().name);
  try {
    mkdirSync(folder);
    cpSync(path.join(packageFolder, 'package.json'), path.join(folder, 'package.json'));
    cpSync(path.join(rootFolder, 'package-lock.json'), path.join(folder, 'package-lock.json'));
    const quiet = ['--package-lock-only', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    runTool('npm', ['install', ...quiet], folder);
    const form = ['--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
    const text = runTool('npm', ['sbom', ...form], folder);
    const { components } = JSON.parse(text) as { components: readonly { purl: string }[] };
    const wanted = Object.entries(readManifest().dependencies).map(
      ([name, version]) => `pkg:npm/${name.replace('@', '%40')}@${version}`,
    );
    const missing = wanted.filter((url) => !components.some(({ purl }) => purl === url));
    if (missing.length > 0) throw new Error(`the list of dependencies is not whole: ${missing.join(', ')}`);
    writeFileSync(file, text);
    console.log(`  ${components.length} components`);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

async function main(buildOnly: boolean): Promise<void> {
  step('build: dist/package');
  buildPackage(packageFolder);
  if (buildOnly) return;
  const { name, version } = readManifest();
  step(`list of dependencies: dist/${name}-${version}.cdx.json`);
  writeBillOfMaterials(path.join(distFolder, `${name}-${version}.cdx.json`));
  step(`pack: dist/${name}-${version}.tgz`);
  runTool('npm', ['pack', packageFolder, '--pack-destination', distFolder, '--ignore-scripts']);
  step('try it: installed into an empty folder');
  await tryPackage(path.join(distFolder, `${name}-${version}.tgz`));
  console.log('The release is in dist/; "npm publish dist/package" publishes it.');
}

await main(process.argv.includes('--build-only'));

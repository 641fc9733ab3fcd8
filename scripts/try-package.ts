import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootFolder, runTool, toolEnvironment } from './run-tool.ts';

const patienceMs = 30_000;
const configuration = `listeners:
  - address: 127.0.0.1:0
workers: 1
access_log: false
custom_policies: [./signed.ts]
routes:
  - name: hello
    policies: [{ headers: { response: { set: { X-Tried: 'yes' } } } }]
    respond: { status: 200, body: hello }
`;

/**
 * Installs a packed package into an empty folder, as its users do, and runs it there: a check of a configuration, one in
 * TypeScript that imports the package, and a gateway with a worker that answers a request.
 *
 * @throws Error with what went wrong
 */
export async function tryPackage(tarball: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-release-'));
  try {
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    runTool('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], folder);
    writeFileSync(path.join(folder, 'sluice.yaml'), configuration);
    cpSync(path.join(rootFolder, 'examples/policies/signed.ts'), path.join(folder, 'signed.ts'));
    const program = path.join(folder, 'node_modules', '.bin', 'sluice');
    expectText(runTool(program, ['check', 'sluice.yaml'], folder), /is valid/);
    expectText(runTool(program, ['explain', 'GET', '/x', '-c', 'sluice.yaml'], folder), /hello/);
    const typed =
      "import { defineConfig } from 'sluice';\nexport default defineConfig({ listeners: [{ address: ':0' }] });\n";
    writeFileSync(path.join(folder, 'sluice.config.ts'), typed);
    expectText(runTool(program, ['check', 'sluice.config.ts'], folder), /is valid/);
    await tryGateway(program, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tryGateway(program: string, folder: string): Promise<void> {
  const gateway = spawn(program, ['run', 'sluice.yaml'], { cwd: folder, env: toolEnvironment });
  let text = '';
  const serves = Promise.withResolvers<string>();
  const patience = setTimeout(() => gateway.kill('SIGKILL'), patienceMs);
  const ended = once(gateway, 'close');
  for (const stream of [gateway.stdout, gateway.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const url = /"addresses":"(http:[^"]+)"/.exec(text)?.[1];
      if (url !== undefined) serves.resolve(url);
    });
  }
  void ended.then(() => serves.reject(new Error(`the gateway of the package ended:\n${text}`)));
  try {
    const url = await serves.promise;
    const answer = await fetch(url, { headers: { Connection: 'close' } });
    expectText(`${answer.status} ${answer.headers.get('X-Tried')} ${await answer.text()}`, /^200 yes hello$/);
  } finally {
    gateway.kill('SIGTERM');
    await ended;
    clearTimeout(patience);
  }
}

function expectText(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`the package answers otherwise than ${pattern}:\n${text}`);
}

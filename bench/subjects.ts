import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeGateway } from './gateway-process.ts';
import { describeNginxProxy } from './nginx.ts';
import { runProcess, type Launch } from './processes.ts';
import { describeMissing, findProgram } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Ports {
  readonly port: number;
  readonly targetPort: number;
}

/** A proxy that is measured beside the others. */
export interface Subject {
  readonly name: string;
  /** The program that has to be there. */
  readonly program: string;
  /** Writes what the subject needs, once; it is started as described as often as there are rounds. */
  describe(program: string, ports: Ports): Launch | Promise<Launch>;
}

/** The first one is what the others are compared with. */
export const subjects: readonly Subject[] = [
  { name: 'nginx', program: 'nginx', describe: describeNginxProxy },
  { name: 'haproxy', program: 'haproxy', describe: describeHaproxy },
  { name: 'go', program: 'go', describe: describeGoProxy },
  { name: 'sluice', program: 'node', describe: (_, ports) => describeGateway({ ...ports, workers: 1 }) },
];

/** The ways to start the subjects that can run here, by name, and a sentence for each that cannot. */
export async function describeSubjects(
  chosen: readonly Subject[],
  takePorts: () => Promise<Ports>,
): Promise<{ readonly found: readonly { launch: Launch; port: number }[]; readonly notes: readonly string[] }> {
  const found: { launch: Launch; port: number }[] = [];
  const notes: string[] = [];
  for (const subject of chosen) {
    const program = findProgram(subject.program);
    if (program === null) {
      notes.push(`Not measured: ${subject.name}. ${describeMissing(subject.program)}`);
      continue;
    }
    const ports = await takePorts();
    try {
      found.push({ launch: await subject.describe(program, ports), port: ports.port });
    } catch (error) {
      notes.push(`Not measured: ${subject.name}. ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { found, notes };
}

function describeHaproxy(program: string, { port, targetPort }: Ports): Launch {
  const file = join(temporaryFolder(), 'haproxy.cfg');
  const text = `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout connect 5s
  http-reuse always
  option forwardfor
frontend listener
  bind 127.0.0.1:${port} backlog 4096
  default_backend targets
backend targets
  server target 127.0.0.1:${targetPort}
`;
  writeFileSync(file, text);
  return { name: 'haproxy', command: program, parameters: ['-db', '-f', file] };
}

async function describeGoProxy(program: string, { port, targetPort }: Ports): Promise<Launch> {
  const binary = join(temporaryFolder(), 'go-reverse-proxy');
  const source = join(import.meta.dirname, 'go-reverse-proxy', 'main.go');
  await runProcess({ name: 'go-build', command: program, parameters: ['build', '-o', binary, source] });
  return {
    name: 'go',
    command: binary,
    parameters: [`127.0.0.1:${port}`, `http://127.0.0.1:${targetPort}`],
    environment: { GOMAXPROCS: '1' },
  };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Launch } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What the backend of every subject answers to everything: about 150 bytes of JSON. */
export const backendBody = JSON.stringify({
  id: 123,
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  roles: ['admin', 'user'],
  backend: 'b1',
  created: '2026-01-01T00:00:00Z',
  ok: true,
});

/** Of an nginx, on both sides together. */
const usualConnections = 8_192;

const bodiesOfRequests = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** nginx takes no text in its configuration that is much longer. */
const longestText = 2_048;

/** @param body what is answered to everything; to GET alone where it is long. */
export function describeNginxBackend(port: number, body = backendBody): Launch {
  return describeNginx(
    `nginx-backend-${port}`,
    `open_file_cache max=16;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    default_type application/json;
    ${body.length <= longestText ? `location / { return 200 '${body}'; }` : serveFile(port, body)}
  }`,
  );
}

function serveFile(port: number, body: string): string {
  const name = `answer-${port}.json`;
  writeFileSync(join(temporaryFolder(), name), body);
  return `root ${temporaryFolder()};
    sendfile on;
    tcp_nopush on;
    location / { try_files /${name} =404; }`;
}

export interface NginxProxySetting {
  readonly port: number;
  readonly targetPort: number;
  /** Those of clients and those to the target, together; they take memory from the start. */
  readonly connections?: number;
}

/** Plain proxying: warm connections to the target and `X-Forwarded-For`, as every proxy in the table has them. */
export function describeNginxProxy({ port, targetPort, connections }: NginxProxySetting): Launch {
  return describeNginx(
    `nginx-${port}`,
    `upstream backend { server 127.0.0.1:${targetPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`,
    connections,
  );
}

function describeNginx(name: string, servers: string, connections = usualConnections): Launch {
  const { nginx } = requirePrograms('nginx');
  const folder = temporaryFolder();
  const file = join(folder, `${name}.conf`);
  // The compiled-in folders belong to the system's own nginx; only root could use them.
  const temporaryPaths = bodiesOfRequests.map((kind) => `  ${kind}_temp_path ${join(folder, `${name}-${kind}`)};\n`);
  const text = `daemon off;
master_process off;
pid ${join(folder, `${name}.pid`)};
error_log stderr error;
events { worker_connections ${connections}; }
http {
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
${temporaryPaths.join('')}  ${servers}
}
`;
  writeFileSync(file, text);
  return { name, command: nginx, parameters: ['-c', file] };
}

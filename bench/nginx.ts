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

const bodiesOfRequests = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export function describeNginxBackend(port: number): Launch {
  return describeNginx(
    'nginx-backend',
    `server {
    listen 127.0.0.1:${port} backlog=4096;
    default_type application/json;
    location / { return 200 '${backendBody}'; }
  }`,
  );
}

/** Plain proxying: warm connections to the target and `X-Forwarded-For`, as every proxy in the table has them. */
export function describeNginxProxy({ port, targetPort }: { port: number; targetPort: number }): Launch {
  return describeNginx(
    'nginx',
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
  );
}

function describeNginx(name: string, servers: string): Launch {
  const { nginx } = requirePrograms('nginx');
  const folder = temporaryFolder();
  const file = join(folder, `${name}.conf`);
  // The compiled-in folders belong to the system's own nginx; only root could use them.
  const temporaryPaths = bodiesOfRequests.map((kind) => `  ${kind}_temp_path ${join(folder, `${name}-${kind}`)};\n`);
  const text = `daemon off;
master_process off;
pid ${join(folder, `${name}.pid`)};
error_log stderr error;
events { worker_connections 8192; }
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

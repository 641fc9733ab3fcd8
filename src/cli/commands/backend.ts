import { once } from 'node:events';
import { startMockBackend, type MockBackend } from '../../mock-backend/server.ts';
import { readInteger, readText, UsageError, type Command, type Invocation } from '../command.ts';

const help = `Usage: sluice backend [--port PORT] [--name NAME] [--host HOST]

A small server to try the gateway with. It answers JSON with its name in "backend".

Options:
  --port PORT  listening port, 0 for any free one  (default: 8081)
  --name NAME  the name in its answers             (default: Backend-1)
  --host HOST  address to listen on                (default: every interface)

Endpoints:
  GET  /health                    200, or 503 after POST /health/down
  GET  /api/user?id=ID            a user
  POST /api/echo                  the body, under "echo"
  GET  /api/data                  a short list
  GET  /api/slow?ms=500           answers late
  POST /fail?status=503&count=5   its next answers under /api fail
  POST /health/down, /health/up   switch its health

Example:
  sluice backend --port 8082 --name Backend-2
`;

export const backendCommand: Command = {
  name: 'backend',
  summary: 'Run a mock backend to try the gateway with.',
  help,
  options: { port: { type: 'string' }, name: { type: 'string' }, host: { type: 'string' } },
  run: runBackend,
};

async function runBackend({ values, positionals, output, errors, signal }: Invocation): Promise<number> {
  const [extra] = positionals;
  if (extra !== undefined) throw new UsageError(`backend takes no argument, but got ${JSON.stringify(extra)}.`);
  const port = readInteger(values, 'port', { fallback: 8081, minimum: 0, maximum: 65_535 });
  const name = readText(values, 'name', 'Backend-1');
  const host = readText(values, 'host', '');
  let backend: MockBackend;
  try {
    backend = await startMockBackend({ name, port, host: host === '' ? undefined : host });
  } catch (error) {
    errors.write(`${(error as Error).message}\n`);
    return 1;
  }
  output.write(`${name} listens on ${backend.url}\n`);
  if (!signal.aborted) await once(signal, 'abort');
  await backend.close();
  return 0;
}

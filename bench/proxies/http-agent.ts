/** A reverse proxy of what Node.js brings: `node:http` on both sides. `node http-agent.ts PORT TARGET-PORT`. */
import { Agent, createServer, request } from 'node:http';

const [port, targetPort] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, outgoing) => {
  const { connection: _, ...headers } = incoming.headers;
  const forwarded = { ...headers, 'x-forwarded-for': incoming.socket.remoteAddress };
  const { method, url: path } = incoming;
  const asked = request({ agent, host: '127.0.0.1', port: targetPort, method, path, headers: forwarded }, (answer) => {
    const { connection: _ignored, 'keep-alive': _alive, ...fields } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, fields);
    answer.pipe(outgoing);
  });
  asked.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
  incoming.pipe(asked);
});
server.listen({ port, host: '127.0.0.1', backlog: 4_096 });

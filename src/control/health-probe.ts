export interface HealthProbe {
  /** Host name or IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** For the whole exchange, the end of the body included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

// To import it would make all that it exports, `fetch` and `WebSocket` among them: 20 ms and 3 MB.
const { request } = process.getBuiltinModule('node:http');

/** A body of a health endpoint that is larger than this is not read to its end. */
const mostBodyBytes = 65_536;
const closedEarly = 'it closed the connection without an answer';

/**
 * Asks a target for its health over a connection of its own.
 *
 * @returns null for a 200; otherwise what was wrong, in a few words
 */
export async function probeHealth({ host, port, path, timeoutMs, signal }: HealthProbe): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  let verdict: string | null | undefined;
  const outgoing = request({
    host,
    port,
    path,
    agent: false,
    headers: { 'User-Agent': 'sluice-health-check' },
    signal,
  });
  const timer = setTimeout(() => {
    verdict = `no whole answer within ${timeoutMs} ms`;
    outgoing.destroy();
  }, timeoutMs);
  outgoing.on('response', (response) => {
    verdict = response.statusCode === 200 ? null : `it answered with status ${response.statusCode}`;
    let bodyBytes = 0;
    response.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length;
      if (bodyBytes > mostBodyBytes) outgoing.destroy();
    });
    // The status has been told: what becomes of the body does not change the verdict.
    response.on('error', () => {});
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (verdict === undefined) verdict = describeProbeError(error);
  });
  outgoing.on('close', () => {
    clearTimeout(timer);
    resolve(verdict === undefined ? closedEarly : verdict);
  });
  outgoing.end();
  return await promise;
}

function describeProbeError({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return closedEarly;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name cannot be resolved';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'it cannot be reached';
    default:
      return code?.startsWith('HPE_') === true ? 'its answer is not well-formed HTTP' : (code ?? message);
  }
}

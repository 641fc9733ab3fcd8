import { formatAddress } from '../config/address.ts';
import type { Config } from '../config/schema.ts';
import type { Explanation } from '../core/explanation.ts';
import type { RequestInQuestion } from '../core/request-in-question.ts';

/** A running gateway cannot be asked; the message says why, for whoever wants to know. */
export class LiveExplanationError extends Error {
  override readonly name = 'LiveExplanationError';
}

/** Which gateway is asked, and as whom. */
export interface LivePlace {
  /** URL of its admin API; empty for what the configuration says. */
  readonly admin: string;
  /** Null where none is read. */
  readonly config: Config | null;
  readonly env: NodeJS.ProcessEnv;
}

const patienceMs = 10_000;

/** Asks the running gateway. Rejects with a LiveExplanationError where it cannot or will not say. */
export async function askGateway(question: RequestInQuestion, place: LivePlace): Promise<Explanation> {
  const url = endpointOf(place);
  const { method, url: asked, headers, clientIp, bodyBytes } = question;
  const body = JSON.stringify({ method, url: asked, headers, client_ip: clientIp, body_bytes: bodyBytes });
  let response: Response;
  let answer: string;
  try {
    response = await fetch(new URL('/admin/explain', url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Connection: 'close', ...credentialsOf(place) },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    });
    answer = await response.text();
  } catch (error) {
    throw new LiveExplanationError(`The gateway at ${url.origin} cannot be asked: ${reasonOf(error)}.`);
  }
  if (!response.ok) throw new LiveExplanationError(describeRefusal(url, response.status, answer));
  const parsed = parseObject(answer);
  if (parsed === null || !('candidates' in parsed)) {
    throw new LiveExplanationError(`What answers at ${url.origin} is no gateway that explains requests.`);
  }
  return parsed as unknown as Explanation;
}

function endpointOf({ admin, config }: LivePlace): URL {
  const written = admin === '' ? `http://${adminAddressOf(config)}` : admin;
  const url = URL.parse(written);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new LiveExplanationError('--admin has to be a URL such as http://127.0.0.1:9901.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new LiveExplanationError(
      'The URL of --admin may hold no credentials: set ADMIN_USERNAME and ADMIN_PASSWORD.',
    );
  }
  return url;
}

function adminAddressOf(config: Config | null): string {
  const admin = config?.admin ?? null;
  if (config === null || admin === null) {
    throw new LiveExplanationError('The configuration has no "admin", so the running gateway has no admin API to ask.');
  }
  const address = admin.address === 'main' ? config.listeners[0]?.address : admin.address;
  if (admin.address === 'main' && admin.endpoints !== 'all') {
    throw new LiveExplanationError('The configuration does not serve the admin API: "admin.endpoints" is not "all".');
  }
  if (address === undefined || address.port === 0) {
    throw new LiveExplanationError('The configuration does not name the port of the admin API: name it by --admin.');
  }
  if (address.host === '0.0.0.0' || address.host === '') return formatAddress({ ...address, host: '127.0.0.1' });
  return formatAddress(address.host === '::' ? { ...address, host: '::1' } : address);
}

function credentialsOf({ config, env }: LivePlace): { Authorization?: string } {
  const password = env['ADMIN_PASSWORD'] ?? '';
  const given = password === '' ? undefined : { username: env['ADMIN_USERNAME'] ?? 'admin', password };
  const auth = config?.admin?.auth ?? given;
  if (auth === undefined) return {};
  return { Authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
}

function describeRefusal({ origin }: URL, status: number, answer: string): string {
  const detail = parseObject(answer)?.['detail'];
  const told = typeof detail === 'string' ? `: ${detail}` : '';
  if (status === 401) {
    return (
      `The gateway at ${origin} refuses the credentials. ` +
      'Set ADMIN_USERNAME and ADMIN_PASSWORD, or name the configuration that it runs by --config.'
    );
  }
  if (status === 404 || status === 405) {
    return `What answers at ${origin} has no admin API that explains requests (${status})${told}`;
  }
  return `The gateway at ${origin} did not explain the request (${status})${told}`;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** `fetch` hides the reason in a cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError') return `it did not answer within ${patienceMs / 1_000} s`;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

import type { SimulatedRequest } from '../simulation/request-run.ts';
import { parseRequestLine } from './request-line.ts';
import type { Step } from './step-schema.ts';

/** Of the addresses that are for documentation (RFC 5737). */
const usualClient = '192.0.2.1';
const usualHost = 'localhost';

/** The request of a step whose request line is `line`. */
export function createRequest(step: Step, line: string): SimulatedRequest {
  const parsed = parseRequestLine(line);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const { method, path, host } = parsed;
  const fields = [...(step.headers ?? [])];
  const has = (wanted: string) => fields.some(([name]) => name.toLowerCase() === wanted);
  if (!has('host')) fields.unshift(['Host', host ?? usualHost]);
  if (step.json !== undefined && !has('content-type')) fields.push(['Content-Type', 'application/json']);
  return { method, path, fields, body: bodyOf(step), clientIp: step.client_ip ?? usualClient };
}

function bodyOf({ body, json, body_size: size }: Step): Buffer | null {
  if (body !== undefined) return Buffer.from(body, 'utf8');
  if (json !== undefined) return Buffer.from(JSON.stringify(json), 'utf8');
  return size === undefined ? null : Buffer.alloc(size, 'x');
}

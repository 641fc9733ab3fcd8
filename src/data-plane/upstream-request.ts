import { fieldRole } from '../core/field-names.ts';
import type { RequestHead } from '../core/request-head.ts';
import { endToEndFields, rolesOf } from '../http1/head-writer.ts';

const passed = rolesOf(fieldRole.plain, fieldRole.date, fieldRole.backend, fieldRole.rateLimit);
const passedFromTrusted = passed | rolesOf(fieldRole.forwardedOther);

/** Who sends a request on, and what the gateway says about where it came from. */
export interface UpstreamRequest {
  readonly head: RequestHead;
  /** Normalised. */
  readonly path: string;
  /** The target's `Host`. */
  readonly authority: string;
  readonly requestId: string;
  readonly traceparent: string;
  readonly peerIp: string;
  /** Whether what the peer says of earlier hops is believed. */
  readonly peerTrusted: boolean;
}

/** The head of a request as a target gets it, always HTTP/1.1 on a connection that stays open. */
export function upstreamRequestHead(request: UpstreamRequest): string {
  const { head } = request;
  // RFC 9110, 7.6.2 and 9.3.7: the asterisk form stays what it is.
  let text = `${head.method} ${request.path}${head.query} HTTP/1.1\r\nHost: ${request.authority}\r\n`;
  text += endToEndFields(head, request.peerTrusted ? passedFromTrusted : passed);
  text += forwardedFields(request);
  if (head.chunked) text += 'Transfer-Encoding: chunked\r\n';
  else if (head.contentLength >= 0) text += `Content-Length: ${head.contentLength}\r\n`;
  // RFC 9110, 8.6: without it some servers wait for a body that never comes, or refuse.
  else if (head.method === 'POST' || head.method === 'PUT' || head.method === 'PATCH') text += 'Content-Length: 0\r\n';
  return `${text}X-Request-Id: ${request.requestId}\r\ntraceparent: ${request.traceparent}\r\n\r\n`;
}

function forwardedFields(request: UpstreamRequest): string {
  const { head, peerIp, peerTrusted } = request;
  const forwardedFor = peerTrusted && head.forwardedFor !== '' ? `${head.forwardedFor}, ${peerIp}` : peerIp;
  const proto = peerTrusted && head.forwardedProto !== '' ? head.forwardedProto : 'http';
  const host = peerTrusted && head.forwardedHost !== '' ? head.forwardedHost : head.host;
  const hostLine = host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`;
  return `X-Forwarded-For: ${forwardedFor}\r\nX-Forwarded-Proto: ${proto}\r\n${hostLine}`;
}

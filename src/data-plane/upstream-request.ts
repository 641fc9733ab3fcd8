import { fieldRole } from '../core/field-names.ts';
import type { RequestHead } from '../core/request-head.ts';
import { endToEndFields, lengthLine, rolesOf } from '../http1/head-writer.ts';
import type { Target } from '../upstream/target.ts';
import type { ForwardClient, ForwardedExchange } from './forwarded-exchange.ts';

const passed = rolesOf(fieldRole.plain, fieldRole.date, fieldRole.backend, fieldRole.rateLimit, fieldRole.cors);
const passedFromTrusted = passed | rolesOf(fieldRole.forwardedOther);

/** The head of a request as a target gets it, always HTTP/1.1 on a connection that stays open. */
export function upstreamRequestHead(
  request: Pick<ForwardedExchange, 'head' | 'sentPath' | 'sentHostLine' | 'requestFields' | 'identity' | 'snapshot'>,
  target: Pick<Target, 'hostLine'>,
  peer: Pick<ForwardClient, 'ip' | 'isTrusted' | 'forwardedLines'>,
): string {
  const { head } = request;
  const peerTrusted = peer.isTrusted(request.snapshot);
  const passing = peerTrusted ? passedFromTrusted : passed;
  const forwarded = peerTrusted ? forwardedByTrusted(head, peer.ip) : peer.forwardedLines(head.host);
  const framing = framingLine(head);
  const hostLine = request.sentHostLine ?? target.hostLine;
  const added = forwarded + framing + request.requestFields + request.identity.targetLines;
  // The usual request line is what it should be: origin form, a path that is normal, HTTP/1.1.
  if (head.isOriginForm && head.minorVersion === 1 && request.sentPath === head.path) {
    return head.text.slice(head.startLineStart, head.startLineEnd) + hostLine + endToEndFields(head, passing) + added;
  }
  const line = `${head.method} ${request.sentPath}${head.query} HTTP/1.1\r\n${hostLine}`;
  return line + endToEndFields(head, passing) + added;
}

function framingLine(head: RequestHead): string {
  if (head.chunked) return 'Transfer-Encoding: chunked\r\n';
  if (head.contentLength >= 0) return lengthLine(head.contentLength);
  // RFC 9110, 8.6: without it some servers wait for a body that never comes, or refuse.
  return head.method === 'POST' || head.method === 'PUT' || head.method === 'PATCH' ? lengthLine(0) : '';
}

/** The three fields that tell a target where a request came from; no line for an empty host. */
export function forwardedFields(from: { forwardedFor: string; proto: string; host: string }): string {
  const hostLine = from.host === '' ? '' : `X-Forwarded-Host: ${from.host}\r\n`;
  return `X-Forwarded-For: ${from.forwardedFor}\r\nX-Forwarded-Proto: ${from.proto}\r\n${hostLine}`;
}

function forwardedByTrusted(head: RequestHead, peerIp: string): string {
  return forwardedFields({
    forwardedFor: head.forwardedFor === '' ? peerIp : `${head.forwardedFor}, ${peerIp}`,
    proto: head.forwardedProto === '' ? 'http' : head.forwardedProto,
    host: head.forwardedHost === '' ? head.host : head.forwardedHost,
  });
}

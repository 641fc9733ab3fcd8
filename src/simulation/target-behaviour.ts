import { statusLine } from '../http1/head-writer.ts';
import type { FieldList } from './received-request.ts';

/** An answer that a simulated target gives. */
export interface SimulatedAnswer {
  readonly status: number;
  readonly fields: FieldList;
  readonly body: string;
  /** From the last byte of the request. */
  readonly delayMs: number;
  /** The connection breaks within the body. */
  readonly broken: boolean;
}

/** What a simulated target does. */
export type TargetBehaviour =
  /** Each answer is given once, in this order, and the last one from then on. */
  | { readonly kind: 'answers'; readonly answers: readonly SimulatedAnswer[] }
  /** Nobody listens there. */
  | { readonly kind: 'refuses' }
  /** A connection is never established. */
  | { readonly kind: 'unreachable' }
  /** Takes requests and never answers. */
  | { readonly kind: 'hangs' }
  /** Takes requests and cuts the connection. */
  | { readonly kind: 'resets' };

export const usualAnswer: SimulatedAnswer = {
  status: 200,
  fields: [['Content-Type', 'text/plain']],
  body: 'ok\n',
  delayMs: 0,
  broken: false,
};

export const usualBehaviour: TargetBehaviour = { kind: 'answers', answers: [usualAnswer] };

/** The bytes of an answer to a request of this method. */
export function answerBytes(answer: SimulatedAnswer, method: string): Buffer {
  const { status, fields, body, broken } = answer;
  const content = Buffer.from(body, 'utf8');
  const bodiless = status === 204 || status === 304;
  let head = statusLine(status);
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  // More is promised than comes: that it breaks off is then seen whatever the body is.
  if (!bodiless) head += `Content-Length: ${content.length + (broken ? 1 : 0)}\r\n`;
  const bytes = Buffer.from(`${head}\r\n`, 'latin1');
  return bodiless || method === 'HEAD' ? bytes : Buffer.concat([bytes, content]);
}

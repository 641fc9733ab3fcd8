import type { ErrorCode } from '../core/error-codes.ts';
import type { Reply } from '../core/reply.ts';
import type { Outgoing } from '../lib/outgoing.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import type { ClientResponse } from './client-response.ts';
import type { RequestIdentity } from './request-identity.ts';
import type { AnsweredSubject } from './run-policies.ts';
import type { WorkerContext } from './worker-context.ts';

/** The connection of a client, as far as forwarding has to do with it. */
export interface ForwardClient {
  readonly outgoing: Outgoing;
  /** The peer's address. */
  readonly ip: string;
  /** Within a read: what is gathered for the target is written at its end. */
  readonly reading: boolean;
  /** The connection ends with the exchange under way. */
  readonly leaving: boolean;
  /** What is said of the peer to a target, for a request to `host`: whole lines. */
  forwardedLines(host: string): string;
  /** What a limit counts the peer by. */
  readonly network: string;
  /** Whether the snapshot counts the peer among its trusted proxies. */
  isTrusted(snapshot: Snapshot): boolean;
  pauseReading(): void;
  resumeReading(): void;
  /** The client has to take what was written before more of the answer follows. */
  awaitDrain(): void;
}

/** What a request is to its forwarding. */
export interface ForwardedExchange extends AnsweredSubject {
  readonly ctx: WorkerContext;
  readonly snapshot: Snapshot;
  readonly response: ClientResponse;
  readonly client: ForwardClient | null;
  /** Null before it is chosen; it is chosen when forwarding begins. */
  readonly route: Route | null;
  /** The path that the target gets, without the query. */
  readonly sentPath: string;
  /** `Host` with its line end for the target, null for the target's own. */
  readonly sentHostLine: string | null;
  /** Lines that policies add to what the target gets. */
  readonly requestFields: string;
  /** When it began, on the clock of the worker. */
  readonly startedAt: number;
  readonly identity: RequestIdentity;
  /** Lines that policies add to the answer. */
  readonly responseFields: string;
  /** Roles of fields that those lines replace, as a set of bits. */
  readonly replacedRoles: number;
  /** The connection ends after this exchange. */
  readonly mustClose: boolean;
  refuse(code: ErrorCode, fields?: Reply['fields']): void;
  /** Ends the exchange and its connection without another byte. */
  abort(code: ErrorCode): void;
  endResponse(): void;
}

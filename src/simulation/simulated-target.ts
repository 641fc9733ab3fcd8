import type { Socket } from 'node:net';
import { BodyReader } from '../http1/body-reader.ts';
import type { HeadLimits } from '../http1/limits.ts';
import { RequestParser } from '../http1/request-parser.ts';
import { Timed, type TimerWheel } from '../lib/timer-wheel.ts';
import type { EventQueue } from './event-queue.ts';
import { MemorySocket, type MemoryPeer } from './memory-socket.ts';
import { listFields, type ReceivedRequest } from './received-request.ts';
import {
  answerBytes,
  usualAnswer,
  usualBehaviour,
  type SimulatedAnswer,
  type TargetBehaviour,
} from './target-behaviour.ts';

/** Wide enough for whatever the gateway lets through. */
const limits: HeadLimits = { startLineBytes: 2_097_152, headBytes: 4_194_304, fields: 20_000 };

export interface SimulatedTargetInit {
  readonly upstream: string;
  readonly url: string;
  readonly events: EventQueue;
  readonly wheel: TimerWheel;
  readonly clock: { now(): number };
  readonly onRequest: (request: ReceivedRequest) => void;
}

/** One target of an upstream: accepts connections in memory and behaves as it is told. */
export class SimulatedTarget {
  readonly upstream: string;
  readonly url: string;
  readonly init: SimulatedTargetInit;
  private readonly connections = new Set<TargetConnection>();
  private current: TargetBehaviour = usualBehaviour;
  private given = 0;

  constructor(init: SimulatedTargetInit) {
    this.init = init;
    this.upstream = init.upstream;
    this.url = init.url;
  }

  get behaviour(): TargetBehaviour {
    return this.current;
  }

  /** From now on. Whatever cannot be connected to has lost the connections that it had. */
  behave(behaviour: TargetBehaviour): void {
    this.current = behaviour;
    this.given = 0;
    if (behaviour.kind !== 'refuses' && behaviour.kind !== 'unreachable') return;
    for (const connection of this.connections) connection.cut();
  }

  nextAnswer(answers: readonly SimulatedAnswer[]): SimulatedAnswer {
    const answer = answers[Math.min(this.given, answers.length - 1)];
    this.given += 1;
    return answer ?? usualAnswer;
  }

  /** A connection of the gateway's to this target, which is told later what becomes of it. */
  open(): Socket {
    const connection = new TargetConnection(this);
    if (this.current.kind === 'refuses') connection.cut();
    else if (this.current.kind !== 'unreachable') connection.accept();
    return connection.wire.socket;
  }

  add(connection: TargetConnection): void {
    this.connections.add(connection);
  }

  remove(connection: TargetConnection): void {
    this.connections.delete(connection);
  }
}

/** One connection as its target has it; an answer that is put off is its deadline. */
class TargetConnection extends Timed implements MemoryPeer {
  readonly wire: MemorySocket;
  private readonly target: SimulatedTarget;
  private readonly parser = new RequestParser(limits);
  private readonly body = new BodyReader();
  private parts: Buffer[] = [];
  private inBody = false;
  private later: (() => void) | null = null;

  constructor(target: SimulatedTarget) {
    super();
    this.target = target;
    this.parser.reset(limits);
    const { events, url } = target.init;
    this.wire = new MemorySocket({ events, peer: this, remoteAddress: url, flowing: true });
  }

  accept(): void {
    this.target.add(this);
    this.wire.connected();
  }

  cut(): void {
    this.onClosed();
    this.wire.break();
  }

  onBytes(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.inBody) {
        at = this.body.next(bytes, at, bytes.length);
        this.parts.push(Buffer.from(bytes.subarray(this.body.dataStart, this.body.dataEnd)));
      } else {
        at = this.parser.feed(bytes, at, bytes.length);
        if (this.parser.complete) this.beginBody();
      }
      // What the gateway sends it has read itself: this would be a defect of the gateway's.
      if (this.parser.error !== null || this.body.error !== null) return this.cut();
      if (this.inBody && this.body.done) this.takeRequest();
    }
  }

  private beginBody(): void {
    const { head } = this.parser;
    const framing = head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none';
    this.body.begin(framing, head.contentLength, limits);
    this.inBody = true;
  }

  private takeRequest(): void {
    const { head } = this.parser;
    const { method } = head;
    const { behaviour, init } = this.target;
    init.onRequest({
      method,
      path: head.path + head.query,
      fields: listFields(head),
      body: Buffer.concat(this.parts).toString('utf8'),
    });
    this.parts = [];
    this.inBody = false;
    this.parser.reset(limits);
    if (behaviour.kind === 'resets') return this.cut();
    if (behaviour.kind !== 'answers') return;
    const answer = this.target.nextAnswer(behaviour.answers);
    if (answer.delayMs === 0) return this.answer(answer, method);
    this.wait(answer.delayMs, () => this.answer(answer, method));
  }

  private answer(answer: SimulatedAnswer, method: string): void {
    this.wire.receive(answerBytes(answer, method));
    // Later, if at the same time: before that, the gateway has passed on what there is.
    if (answer.broken) this.wait(0, () => this.wire.receiveEnd());
  }

  private wait(milliseconds: number, then: () => void): void {
    const { wheel, clock } = this.target.init;
    this.later = then;
    wheel.schedule(this, clock.now() + milliseconds);
  }

  override onDeadline(): void {
    this.later?.();
  }

  onEnd(): void {
    this.wire.receiveEnd();
  }

  onClosed(): void {
    this.target.remove(this);
    this.target.init.wheel.remove(this);
  }
}

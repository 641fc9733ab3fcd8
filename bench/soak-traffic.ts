import { setTimeout as delay } from 'node:timers/promises';
import { headOf, SoakClient, type SoakAnswer } from './soak-client.ts';
import { bodyFor, echoOf } from './soak-target.ts';

/** The key that the gateway of a soak knows. */
export const soakKey = 'soak-key-that-is-right';

/** How often each kind of client got each outcome, and what was wrong. */
export interface TrafficCounts {
  readonly outcomes: Readonly<Record<string, number>>;
  /** Answers that do not belong to their request, or that there should not have been. */
  readonly wrong: readonly string[];
}

type Act = (traffic: SoakTraffic) => Promise<void>;

const random = (limit: number): number => Math.floor(Math.random() * limit);
/** Mostly small, now and then large. */
const randomSize = (): number => (random(40) === 0 ? random(600_000) : random(3_000));

/** Clients of every kind, each of which does what it does again and again, in between two stops as often as wanted. */
export class SoakTraffic {
  readonly port: number;
  private readonly outcomes: Record<string, number> = {};
  private readonly wrong: string[] = [];
  private readonly clients: Promise<void>[] = [];
  private lastNumber = 0;
  private stopped = false;

  constructor(port: number) {
    this.port = port;
  }

  start(): void {
    this.stopped = false;
    for (const [name, { act, clients, pauseMs }] of Object.entries(kinds)) {
      for (let client = 0; client < clients; client += 1) this.clients.push(this.run(name, act, pauseMs));
    }
  }

  private async run(name: string, act: Act, pauseMs: number): Promise<void> {
    while (!this.stopped) {
      try {
        await act(this);
      } catch (error) {
        this.wrong.push(`${name}: ${String(error).slice(0, 500)}`);
      }
      await delay(random(2 * pauseMs));
    }
  }

  /** Resolves when each has done the last thing that it began. They may be started again. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients.splice(0));
  }

  /** Whoever does the same many times may end early. */
  get isStopping(): boolean {
    return this.stopped;
  }

  get counts(): TrafficCounts {
    return { outcomes: this.outcomes, wrong: this.wrong };
  }

  /** A path that no other request has. */
  nextPath(prefix: string, size: number): string {
    this.lastNumber += 1;
    return `${prefix}${this.lastNumber}?size=${size}`;
  }

  note(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  /** Holds an answer to the only body that it may have, or to being one of these problems; `cut` stands for none at all. */
  check(kind: string, answer: SoakAnswer, { body, or = [] }: { body: string; or?: readonly string[] }): void {
    const code = codeOf(answer);
    this.note(`${kind}: ${code}`);
    if (code === '200' ? answer?.text === body : or.includes(code)) return;
    this.wrong.push(`${kind}: ${code}, ${answer?.text.slice(0, 200)}, expected ${body.slice(0, 60)}`);
  }
}

/** 200, the code of a problem, `cut`, or another status. */
function codeOf(answer: SoakAnswer): string {
  if (answer === null) return 'cut';
  if (answer.field('content-type') !== 'application/problem+json') return String(answer.status);
  const { code, request_id: id } = JSON.parse(answer.text) as { code: string; request_id: string };
  return id === answer.field('x-request-id') ? code : `${code} of another request`;
}

async function withClient(traffic: SoakTraffic, act: (client: SoakClient) => Promise<void>): Promise<void> {
  const client = await SoakClient.connect(traffic.port);
  try {
    await act(client);
  } finally {
    client.close();
  }
}

async function get(traffic: SoakTraffic, client: SoakClient, fields?: Readonly<Record<string, string>>): Promise<void> {
  const size = randomSize();
  const path = traffic.nextPath('/ok/', size);
  void client.write(headOf('GET', path, fields));
  traffic.check('GET', await client.answer('GET'), { body: bodyFor(path, size) });
}

const keepAlive: Act = (traffic) =>
  withClient(traffic, async (client) => {
    for (let left = random(200); left >= 0 && !traffic.isStopping; left -= 1) {
      await get(traffic, client);
      await delay(random(8));
    }
  });

const shortLived: Act = (traffic) => withClient(traffic, (client) => get(traffic, client, { Connection: 'close' }));

/** In pieces of the body's own, with a length or in chunks. */
const upload: Act = (traffic) =>
  withClient(traffic, async (client) => {
    for (let left = random(20); left >= 0 && !traffic.isStopping; left -= 1) {
      const path = traffic.nextPath('/ok/', 0);
      const body = Buffer.alloc(randomSize(), path);
      const inChunks = random(2) === 0;
      const [field, value] = inChunks ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)];
      void client.write(headOf('POST', path, { [field]: value }));
      for (let at = 0; at < body.length;) {
        const piece = body.subarray(at, at + 1 + random(60_000));
        at += piece.length;
        if (inChunks) void client.write(`${piece.length.toString(16)}\r\n`);
        void client.write(piece);
        if (inChunks) void client.write('\r\n');
        if (random(4) === 0) await delay(random(4));
      }
      if (inChunks) void client.write('0\r\n\r\n');
      traffic.check('POST', await client.answer('POST'), { body: echoOf(path, body) });
    }
  });

const pipeline: Act = (traffic) =>
  withClient(traffic, async (client) => {
    const requests = Array.from({ length: 2 + random(30) }, () => {
      const size = random(3_000);
      return { size, path: traffic.nextPath('/ok/', size) };
    });
    void client.write(requests.map(({ path }) => headOf('GET', path)).join(''));
    for (const { path, size } of requests) {
      traffic.check('pipelined', await client.answer('GET'), { body: bodyFor(path, size) });
    }
  });

/** Leaves at any point of a request or of its answer. */
const abort: Act = async (traffic) => {
  const client = await SoakClient.connect(traffic.port);
  client.keeps = false;
  const size = random(2) === 0 ? random(2_000) : 2_000_000;
  const isUpload = random(2) === 0;
  const path = traffic.nextPath('/ok/', isUpload ? 0 : size);
  const bytes = isUpload
    ? headOf('POST', path, { 'Content-Length': String(size) }) + 'x'.repeat(size)
    : headOf('GET', path);
  void client.write(random(2) === 0 ? bytes : bytes.slice(0, random(bytes.length)));
  await delay(random(20));
  if (random(2) === 0) client.reset();
  else client.close();
  traffic.note('left');
};

/** Sends a byte now and then, or takes its answer piece by piece. */
const slow: Act = (traffic) =>
  withClient(traffic, async (client) => {
    const size = 300_000;
    const path = traffic.nextPath('/ok/', size);
    for (const byte of headOf('GET', path)) {
      void client.write(byte);
      await delay(random(5));
    }
    for (let pauses = 0; pauses < 20; pauses += 1) {
      client.socket.pause();
      await delay(random(20));
      client.socket.resume();
      await delay(1);
    }
    traffic.check('slow', await client.answer('GET'), { body: bodyFor(path, size) });
  });

const limited: Act = (traffic) =>
  withClient(traffic, async (client) => {
    for (let left = 40; left > 0; left -= 1) {
      const path = traffic.nextPath('/limited/', 10);
      void client.write(headOf('GET', path));
      traffic.check('limited', await client.answer('GET'), { body: bodyFor(path, 10), or: ['rate_limited'] });
    }
  });

const keyed: Act = (traffic) =>
  withClient(traffic, async (client) => {
    for (let left = 20; left > 0; left -= 1) {
      const isRight = random(2) === 0;
      const path = traffic.nextPath('/keyed/', 10);
      void client.write(headOf('GET', path, { 'X-API-Key': isRight ? soakKey : `wrong-${random(1e9)}` }));
      const answer = await client.answer('GET');
      if (isRight) traffic.check('right key', answer, { body: bodyFor(path, 10) });
      else if (answer?.status === 200) traffic.check('wrong key', answer, { body: 'no answer of a target' });
      else traffic.check('wrong key', answer, { body: '', or: ['invalid_api_key'] });
    }
  });

const flakyCodes = ['503', 'cut', 'upstream_reset', 'upstream_timeout', 'upstream_invalid_response', 'circuit_open'];

const flaky: Act = (traffic) =>
  withClient(traffic, async (client) => {
    for (let left = 20; left > 0 && client.ending === null && !traffic.isStopping; left -= 1) {
      const size = random(2_000);
      const path = traffic.nextPath('/flaky/', size);
      void client.write(headOf('GET', path));
      traffic.check('flaky', await client.answer('GET'), { body: bodyFor(path, size), or: flakyCodes });
      await delay(random(20));
    }
  });

const malformed: Act = (traffic) =>
  withClient(traffic, async (client) => {
    const bytes = ['GET  / HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', `GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n`];
    void client.write(bytes[random(bytes.length)] ?? '');
    const answer = await client.answer('GET');
    traffic.check('malformed', answer, { body: '', or: ['malformed_request', 'invalid_host'] });
  });

const kinds: Readonly<Record<string, { readonly act: Act; readonly clients: number; readonly pauseMs: number }>> = {
  keepAlive: { act: keepAlive, clients: 6, pauseMs: 5 },
  shortLived: { act: shortLived, clients: 3, pauseMs: 10 },
  upload: { act: upload, clients: 4, pauseMs: 10 },
  pipeline: { act: pipeline, clients: 2, pauseMs: 30 },
  abort: { act: abort, clients: 3, pauseMs: 10 },
  slow: { act: slow, clients: 4, pauseMs: 10 },
  limited: { act: limited, clients: 1, pauseMs: 300 },
  keyed: { act: keyed, clients: 2, pauseMs: 60 },
  flaky: { act: flaky, clients: 4, pauseMs: 20 },
  malformed: { act: malformed, clients: 1, pauseMs: 30 },
};

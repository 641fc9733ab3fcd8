export const clientCommands = ['health', 'echo', 'user', 'data', 'slow', 'auth', 'rate-limit'] as const;
export type ClientCommand = (typeof clientCommands)[number];

export function isClientCommand(word: string): word is ClientCommand {
  return (clientCommands as readonly string[]).includes(word);
}

/** A status that a command counts on: any 2xx, exactly 401, or nothing in particular. */
export type ExpectedStatus = '2xx' | '401' | 'any';

export interface PlannedRequest {
  /** What is special about this request; empty where all are alike. Never a key. */
  readonly label: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly apiKey: string | null;
  readonly body: string | null;
  readonly expected: ExpectedStatus;
}

export interface PlanOptions {
  readonly command: ClientCommand;
  /** How often the command is repeated. */
  readonly count: number;
  readonly apiKey: string | null;
}

/** One of the static keys that a gateway started with flags has by default. */
const defaultValidKey = 'key-test-1';
const invalidKey = 'invalid-key';

/** The number of requests that `planRequests` gives. */
export function plannedCount({ command, count }: PlanOptions): number {
  return command === 'auth' ? count * 3 : count;
}

/** The requests of a command, in the order in which they are sent. */
export function* planRequests({ command, count, apiKey }: PlanOptions): Generator<PlannedRequest> {
  for (let turn = 1; turn <= count; turn += 1) {
    if (command === 'auth') {
      yield { ...get(`/api/user?id=${turn}`, null), label: 'no key' };
      yield { ...get(`/api/user?id=${turn}`, apiKey ?? defaultValidKey), label: 'valid key' };
      yield { ...get(`/api/user?id=${turn}`, invalidKey), label: 'invalid key', expected: '401' };
    } else {
      yield planOne(command, turn, apiKey);
    }
  }
}

function planOne(command: Exclude<ClientCommand, 'auth'>, turn: number, apiKey: string | null): PlannedRequest {
  switch (command) {
    case 'health':
      return get('/health', apiKey);
    case 'user':
      return get(`/api/user?id=${turn}`, apiKey);
    case 'slow':
      return get('/api/slow', apiKey);
    case 'echo': {
      const body = JSON.stringify({ message: 'hello', number: turn });
      return { ...get('/api/echo', apiKey), method: 'POST', body };
    }
    case 'rate-limit':
      return { ...get('/api/data', apiKey), expected: 'any' };
    default:
      return get('/api/data', apiKey);
  }
}

function get(path: string, apiKey: string | null): PlannedRequest {
  return { label: '', method: 'GET', path, apiKey, body: null, expected: '2xx' };
}

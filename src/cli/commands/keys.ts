import { randomBytes } from 'node:crypto';
import { describeKey, wantedKeySchema } from '../../admin/api-key-schemas.ts';
import { describeFieldErrors, listFieldErrors } from '../../admin/field-errors.ts';
import { readWantedKey } from '../../admin/wanted-key.ts';
import type { FieldError } from '../../core/problem.ts';
import { StoreUnavailableError } from '../../core/store-unavailable-error.ts';
import { nearest } from '../../lib/edit-distance.ts';
import { createKey, type WantedKey } from '../../stores/key-secret.ts';
import type { KeyStore, StoredKey } from '../../stores/key-store.ts';
import { openKeyStore } from '../../stores/open-key-store.ts';
import { UsageError, type Command, type Invocation, type OptionValues } from '../command.ts';
import { findStore } from '../store-source.ts';
import { alignColumns, createStyle, printable, type Style } from '../terminal.ts';

const help = `Usage: sluice keys create NAME [--rate-limit N] [--permission ROUTE]... [--expires-at TIME]
       sluice keys list
       sluice keys revoke ID
       sluice keys delete ID

Makes, lists, revokes and deletes API keys, straight in the store of the configuration. Gateways
that use the same store know of it within a second.

Options:
      --rate-limit N      requests a minute                (default: the usual limit)
      --permission ROUTE  name of a route, or prefix of a path, that the key may use; may be given
                          several times                    (default: all)
      --expires-at TIME   such as 2027-01-31T00:00:00Z     (default: never)
      --store STORE       sqlite:FILE, redis://HOST:6379 and others, whatever is configured
  -c, --config FILE       the configuration that names the store  (default: as "sluice" finds it)
      --env               environment variables in place of a configuration file
      --json              the result as JSON, as the admin API has it under "data"

Exit code: 0 done, 1 no such key or a store that cannot be used, 2 wrong usage.

Example:
  sluice keys create my-app --rate-limit 100 --store sqlite:./data/sluice.db
`;

export const keysCommand: Command = {
  name: 'keys',
  summary: 'Make, list, revoke and delete API keys.',
  help,
  options: {
    'rate-limit': { type: 'string' },
    permission: { type: 'string', multiple: true },
    'expires-at': { type: 'string' },
    store: { type: 'string' },
    config: { type: 'string', short: 'c' },
    env: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: runKeys,
};

type Action = (store: KeyStore, nowMs: number) => Promise<Result | null>;

/** What to print, and what else a person should know. */
interface Result {
  readonly lines: readonly string[];
  readonly json: unknown;
  readonly remark?: string;
}

/** Somebody waits in front of a terminal. */
const startupMs = 3_000;

async function runKeys(invocation: Invocation): Promise<number> {
  const { values, output, errors } = invocation;
  const nowMs = Date.now();
  const action = readAction(invocation, nowMs);
  const location = await findStore(invocation);
  if (location === null) return 1;
  try {
    await using closing = new AsyncDisposableStack();
    const store = await openKeyStore(location, { startupMs });
    closing.defer(() => store.close());
    const result = await action(store, nowMs);
    if (result === null) {
      errors.write('No API key has this id; "sluice keys list" shows them all.\n');
      return 1;
    }
    output.write(values['json'] === true ? `${JSON.stringify(result.json)}\n` : `${result.lines.join('\n')}\n`);
    if (result.remark !== undefined) errors.write(`${result.remark}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const prefix = error instanceof StoreUnavailableError ? 'The key store does not answer: ' : '';
    errors.write(`${prefix}${error.message}\n`);
    return 1;
  }
}

const actionNames = ['create', 'list', 'revoke', 'delete'];

function readAction({ values, positionals, output, env }: Invocation, nowMs: number): Action {
  const [name = '', argument, extra] = positionals;
  const style = createStyle(output, env);
  if (!actionNames.includes(name)) throw new UsageError(describeUnknownAction(name));
  const surplus = name === 'list' ? argument : extra;
  if (surplus !== undefined) throw new UsageError(`keys ${name} does not take ${JSON.stringify(surplus)} as well.`);
  refuseOtherOptions(name, values);
  if (name === 'list') return async (store) => listKeys(await store.list(), nowMs, style);
  if (name === 'create') return createWanted(readWanted(values, argument, nowMs));
  if (argument === undefined) throw new UsageError(`keys ${name} needs the ID of a key.`);
  if (name === 'revoke') return async (store) => showRevoked(await store.revoke(argument, nowMs), nowMs);
  return async (store) => showDeleted(await store.delete(argument));
}

function describeUnknownAction(name: string): string {
  const names = actionNames.join(', ');
  if (name === '') return `say what to do with keys: ${names}.`;
  const meant = nearest(name, actionNames);
  const hint = meant === undefined ? `There are ${names}.` : `Did you mean ${meant}?`;
  return `keys cannot ${JSON.stringify(name)}. ${hint}`;
}

function refuseOtherOptions(action: string, values: OptionValues): void {
  if (action === 'create') return;
  const other = ['rate-limit', 'permission', 'expires-at'].find((option) => values[option] !== undefined);
  if (other !== undefined) throw new UsageError(`--${other} belongs to keys create.`);
}

/** What the admin API calls a field → what it is here. */
const wordsHere: Readonly<Record<string, string>> = {
  name: 'NAME',
  rate_limit: '--rate-limit',
  permissions: '--permission',
  expires_at: '--expires-at',
};

function readWanted(values: OptionValues, name: string | undefined, nowMs: number): WantedKey {
  if (name === undefined) throw new UsageError('keys create needs a NAME for the key.');
  const limit = values['rate-limit'];
  const parsed = wantedKeySchema.safeParse({
    name,
    permissions: values['permission'],
    expires_at: values['expires-at'],
    // What is no number is refused as one that is none.
    rate_limit: limit === undefined ? undefined : Number(limit === '' ? NaN : limit),
  });
  const wanted = parsed.success ? readWantedKey(parsed.data, nowMs) : listFieldErrors(parsed.error.issues, []);
  if ('name' in wanted) return wanted;
  const errors = 'field' in wanted ? [wanted] : wanted;
  throw new UsageError(describeFieldErrors(errors.map(renameField)));
}

function renameField({ field, message }: FieldError): FieldError {
  return { field: wordsHere[field.split('.', 1)[0] ?? ''] ?? field, message };
}

function createWanted(wanted: WantedKey): Action {
  return async (store, nowMs) => {
    const { key, secret } = createKey(wanted, { random: randomBytes, now: () => nowMs });
    await store.create(key);
    return {
      lines: alignColumns([
        ['id', key.id],
        ['key', secret],
      ]),
      json: { api_key: describeKey(key, nowMs), raw_key: secret },
      remark: 'Save the key now: it is not kept, and cannot be shown again.',
    };
  };
}

function listKeys(keys: readonly StoredKey[], nowMs: number, style: Style): Result {
  const shown = keys.map((key) => describeKey(key, nowMs));
  const header = ['ID', 'NAME', 'STATE', 'PER MINUTE', 'CREATED', 'EXPIRES'].map(style.dim);
  const rows = shown.map((key) => [
    key.id,
    printable(key.name, 40),
    key.active ? style.green('active') : style.red(key.revoked_at === null ? 'expired' : 'revoked'),
    String(key.rate_limit ?? '-'),
    key.created_at,
    key.expires_at ?? '-',
  ]);
  return { lines: shown.length === 0 ? ['There are no keys.'] : alignColumns([header, ...rows]), json: shown };
}

function showRevoked(key: StoredKey | null, nowMs: number): Result | null {
  if (key === null) return null;
  return { lines: [`${key.id} (${printable(key.name)}) is revoked`], json: { api_key: describeKey(key, nowMs) } };
}

function showDeleted(key: StoredKey | null): Result | null {
  if (key === null) return null;
  return { lines: [`${key.id} (${printable(key.name)}) is deleted`], json: { id: key.id } };
}

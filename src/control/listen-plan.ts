import type { Address } from '../config/address.ts';
import type { Config } from '../config/schema.ts';
import { canSharePorts } from '../core/platform.ts';
import { ConfigRefusal } from './config-refusal.ts';
import { probeAddresses } from './listen-addresses.ts';
import { StartError } from './start-error.ts';

/** An address of the configuration, and what it has become: port 0 is a port that the system chose. */
interface Place {
  readonly wanted: Address;
  readonly found: Address;
}

/** Where a configuration would listen. */
export interface ListenProposal {
  readonly listeners: readonly Place[];
  readonly admin: Place | null;
}

/** Where the gateway listens. Another configuration keeps what it has in common with this one, chosen ports too. */
export class ListenPlan {
  #current: ListenProposal = { listeners: [], admin: null };

  /** In the order of the configuration. */
  get listeners(): readonly Address[] {
    return this.#current.listeners.map(({ found }) => found);
  }

  get admin(): Address | null {
    return this.#current.admin?.found ?? null;
  }

  /**
   * Finds out whether the new addresses of a configuration can be listened on. An address that overlaps one which the
   * workers have open is left for them to try.
   *
   * @throws StartError for one that cannot
   */
  async propose(config: Config): Promise<ListenProposal> {
    const { listeners, admin } = this.#current;
    const wanted = config.listeners.map(({ address }) => address);
    const wantedAdmin = config.admin === null || config.admin.address === 'main' ? null : config.admin.address;
    const known = matchPlaces(wanted, listeners);
    const knownAdmin =
      wantedAdmin === null ? null : (matchPlaces([wantedAdmin], admin === null ? [] : [admin])[0] ?? null);
    const isShared = ({ port }: Address) => canSharePorts && listeners.some(({ found }) => found.port === port);
    const added = wanted.filter((address, index) => known[index] === null && !isShared(address));
    const addedAdmin = wantedAdmin === null || knownAdmin !== null ? [] : [wantedAdmin];
    const own = [...this.listeners, ...(this.admin === null ? [] : [this.admin])];
    const probed = await probeAddresses([...added, ...addedAdmin], own);
    const places = wanted.map((address, index): Place => {
      const found = known[index] ?? (isShared(address) ? address : probed.shift());
      if (found === undefined) throw new Error('an address that was probed has no result');
      return { wanted: address, found };
    });
    const foundAdmin = knownAdmin ?? probed.shift() ?? null;
    return {
      listeners: places,
      admin: wantedAdmin === null || foundAdmin === null ? null : { wanted: wantedAdmin, found: foundAdmin },
    };
  }

  adopt(proposal: ListenProposal): void {
    this.#current = proposal;
  }
}

/** For each address what it has become already, null where it is new. Each place is found once. */
function matchPlaces(wanted: readonly Address[], places: readonly Place[]): (Address | null)[] {
  const left = [...places];
  return wanted.map(({ host, port }) => {
    const at = left.findIndex((place) => place.wanted.host === host && place.wanted.port === port);
    return at < 0 ? null : (left.splice(at, 1)[0]?.found ?? null);
  });
}

/** The configuration with the addresses that there are in the place of those that are wanted. */
export function withFoundAddresses(config: Config, { listeners }: ListenProposal): Config {
  return { ...config, listeners: listeners.map(({ found }) => ({ address: found })) };
}

/** Where the address that cannot be opened stands in the configuration. */
export function placeOfAddress(error: unknown, { listeners, admin }: Config): string {
  const address = error instanceof StartError ? error.address : null;
  if (address === null) return 'listeners';
  const isIt = ({ host, port }: Address) => host === address.host && port === address.port;
  const index = listeners.findIndex((listener) => isIt(listener.address));
  if (index !== -1) return `listeners[${index}].address`;
  return admin !== null && admin.address !== 'main' && isIt(admin.address) ? 'admin.address' : 'listeners';
}

/** A reload that cannot listen is refused like any other; only a start that cannot ends the program. */
export function refuseStartError(error: unknown, path: string): never {
  if (error instanceof StartError) throw new ConfigRefusal([{ path, message: error.message }]);
  throw error;
}

import type { Address } from '../config/address.ts';
import type { AdminServer } from './server.ts';

/** Opens an address; rejects with what is wrong with it. */
export type OpenAdminServer = (address: Address) => Promise<AdminServer>;

/** Whoever asked for the change has this long to take its answer. */
const farewellMs = 5_000;

interface OpenServer {
  readonly address: Address;
  readonly server: AdminServer;
}

/** The listener of the gateway's own endpoints, which may move to another address, and may not be there at all. */
export class AdminListener {
  readonly #open: OpenAdminServer;
  #current: OpenServer | null = null;
  /** Undefined where none is prepared; null where there is to be no listener. */
  #prepared: OpenServer | null | undefined;
  readonly #leaving = new Set<AdminServer>();

  constructor(open: OpenAdminServer) {
    this.#open = open;
  }

  /** Opens the address beside the one that is open. Rejects as `open` does, and nothing has changed then. */
  async prepare(address: Address | null): Promise<void> {
    if (address === null) this.#prepared = null;
    else if (this.#current !== null && isSame(this.#current.address, address)) this.#prepared = this.#current;
    else this.#prepared = { address, server: await this.#open(address) };
  }

  /** The address that was prepared is the one; the other one is closed once its requests are answered. */
  commit(): void {
    const before = this.#current;
    this.#current = this.#prepared ?? null;
    this.#prepared = undefined;
    if (before === null || before === this.#current) return;
    this.#leaving.add(before.server);
    void before.server.leave(farewellMs).finally(() => this.#leaving.delete(before.server));
  }

  async abandon(): Promise<void> {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared !== null && prepared !== undefined && prepared !== this.#current) await prepared.server.close();
  }

  async close(): Promise<void> {
    await this.abandon();
    await Promise.all([...this.#leaving].map((server) => server.close()));
    await this.#current?.server.close();
    this.#current = null;
  }
}

function isSame(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port;
}

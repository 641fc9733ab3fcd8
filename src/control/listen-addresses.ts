import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { formatAddress, type Address } from '../config/address.ts';
import { StartError } from './start-error.ts';

/**
 * Makes sure that each address can be listened on, and puts the port that the system chose in the place of port 0.
 * Workers share their port (`SO_REUSEPORT`), and would share it with another gateway's workers too without an error:
 * this opens each address for itself alone, all at once, and closes them again.
 *
 * @param own addresses that this gateway has open already
 * @returns the addresses, in the order given
 * @throws StartError for the first address that cannot be opened
 */
export async function probeAddresses(wanted: readonly Address[], own: readonly Address[] = []): Promise<Address[]> {
  const servers: Server[] = [];
  const found: Address[] = [];
  try {
    for (const address of wanted) {
      const server = createServer();
      try {
        server.listen({ host: address.host, port: address.port, exclusive: true });
        await once(server, 'listening');
      } catch (error) {
        throw explainListenError(error, address, [...own, ...found]);
      }
      servers.push(server);
      found.push({ host: address.host, port: (server.address() as AddressInfo).port });
    }
    return found;
  } finally {
    await Promise.all(servers.map(closeServer));
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}

/** What went wrong on listening, for the person who starts the gateway. `own` are addresses that it has open itself. */
export function explainListenError(error: unknown, address: Address, own: readonly Address[] = []): StartError {
  return new StartError(describeListenError(error, address, own), { cause: error, address });
}

function describeListenError(error: unknown, address: Address, own: readonly Address[]): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const place = `port ${address.port} on ${address.host}`;
  switch (code) {
    case 'EADDRINUSE': {
      const overlapping = own.find((other) => other.port === address.port);
      if (overlapping !== undefined) {
        return `${formatAddress(address)} and ${formatAddress(overlapping)} overlap: give them different ports.`;
      }
      return `${place} is in use by another program: stop that program or choose another port.`;
    }
    case 'EACCES':
    case 'EPERM':
      return `${place} may not be opened by this user: choose a port from 1024 up, or allow this user to open it.`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return `${address.host} is not an address of this machine: choose one that is, or 0.0.0.0 for all of them.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host ${address.host} cannot be resolved: choose an address of this machine, or 0.0.0.0 for all of them.`;
    default:
      return `${place} cannot be opened: ${message}`;
  }
}

import { plainAddress } from '../lib/client-address.ts';
import { ipNetwork } from '../lib/ip-network.ts';
import { Timed } from '../lib/timer-wheel.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { forwardedFields } from './upstream-request.ts';

/** Who is at the other end of a client's connection, worked out once where that is asked for. */
export abstract class ClientPeer extends Timed {
  /** The peer's address. */
  readonly ip: string;
  private networkOfIp = '';
  private linesHost = '';
  private lines = '';
  private trustedBy: Snapshot['trustedProxies'] = null;
  private trusted = false;

  constructor(remoteAddress: string | undefined) {
    super();
    this.ip = plainAddress(remoteAddress);
  }

  /** What is said of the peer to a target, for a request to `host`: whole lines. */
  forwardedLines(host: string): string {
    // A client asks for one host again and again.
    if (this.lines === '' || host !== this.linesHost) {
      this.linesHost = host;
      this.lines = forwardedFields({ forwardedFor: this.ip, proto: 'http', host });
    }
    return this.lines;
  }

  /** What a limit counts the peer by. */
  get network(): string {
    if (this.networkOfIp === '') this.networkOfIp = ipNetwork(this.ip);
    return this.networkOfIp;
  }

  /** Whether the snapshot counts the peer among its trusted proxies. */
  isTrusted({ trustedProxies }: Snapshot): boolean {
    if (trustedProxies === null) return false;
    if (this.trustedBy !== trustedProxies) {
      this.trustedBy = trustedProxies;
      this.trusted = trustedProxies.contains(this.ip);
    }
    return this.trusted;
  }
}

import type { Socket } from 'node:net';
import { do_not_optimize as keep } from 'mitata';
import { latin1Text, writeLatin1 } from '../../src/lib/latin1.ts';
import { Outgoing } from '../../src/lib/outgoing.ts';
import type { MicroCase } from './micro-case.ts';
import { response, responseBody } from './sample-messages.ts';

/** Gathering an answer and handing it to a socket, whose system call is left out: it writes to memory. */
export function outgoingCases(): MicroCase[] {
  const memory = Buffer.alloc(65_536);
  const socket = {
    write(data: string): boolean {
      writeLatin1(memory, data, 0);
      return true;
    },
  };
  const outgoing = new Outgoing(socket as unknown as Socket, () => {});
  const head = latin1Text(response, 0, response.length);
  return [
    {
      name: `Outgoing: a head and ${responseBody.length} bytes of body, flushed to memory`,
      call: () => {
        outgoing.addText(head);
        outgoing.addBytes(responseBody, 0, responseBody.length);
        outgoing.flush();
        keep(memory);
      },
    },
  ];
}

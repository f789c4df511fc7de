/** Which address of this host packets to another would come from, as its routes say. Nothing is sent. */
import { once } from 'node:events';
import { plainSockets } from './sockets.js';

/** Any port will do. */
const DISCARD = 9;

/** @throws the system call's error when there is no way */
export async function ownAddressTowards(address: string): Promise<string> {
  const socket = plainSockets.datagram({ address, port: DISCARD });
  try {
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

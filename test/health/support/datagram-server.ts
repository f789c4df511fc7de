/** Small UDP servers on loopback. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

export interface DatagramServer {
  readonly port: number;
  readonly received: () => readonly Buffer[];
}

/** @param answer gives what is sent back, in this order */
export async function withDatagramServer(
  answer: (datagram: Buffer, from: RemoteInfo) => readonly (Uint8Array | string)[],
  use: (server: DatagramServer) => Promise<void>,
  host = '127.0.0.1',
): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const received: Buffer[] = [];
  socket.on('message', (datagram, from) => {
    received.push(datagram);
    for (const piece of answer(datagram, from)) socket.send(piece, from.port, from.address);
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  try {
    await use({ port: socket.address().port, received: () => received });
  } finally {
    socket.close();
    await once(socket, 'close');
  }
}

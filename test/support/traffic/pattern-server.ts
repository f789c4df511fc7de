/**
 * The servers' end of verified traffic, on sockets that somebody else has opened.
 *
 * TCP: the client's first 4 bytes are the connection number, then its pattern follows; for every pattern byte received one goes
 * back. When the client half-closes, so does the server. UDP: a datagram is echoed with the server's index in front.
 */
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import { fillPattern, firstMismatch } from './pattern.js';

/** Answers one connection. `fault` hears what must not happen; not of one that ends before it has said its number, as checks do. */
export function answerConnection(socket: Socket, fault: (what: string) => void): void {
  let header = Buffer.alloc(0);
  let connection = -1;
  let position = 0;
  socket.on('data', (received: Buffer) => {
    let chunk = received;
    if (connection < 0) {
      header = Buffer.concat([header, chunk]);
      if (header.length < 4) return;
      connection = header.readUInt32BE(0);
      chunk = header.subarray(4);
    }
    if (chunk.length === 0) return;
    const wrong = firstMismatch(chunk, connection, 'to-server', position);
    if (wrong >= 0) {
      fault(`connection ${connection}: wrong byte at ${position + wrong}`);
      socket.destroy();
      return;
    }
    const answer = Buffer.allocUnsafe(chunk.length);
    fillPattern(answer, connection, 'to-client', position);
    position += chunk.length;
    socket.write(answer);
  });
  socket.on('end', () => socket.end());
  socket.on('error', (error) => {
    if (connection >= 0) fault(`connection ${connection}: ${error.message}`);
  });
}

/** Answers every datagram. @param index 0..255 */
export function answerDatagrams(socket: DatagramSocket, index: number): void {
  socket.on('message', (message, from) => {
    socket.send(Buffer.concat([Buffer.from([index]), message]), from.port, from.address);
  });
}

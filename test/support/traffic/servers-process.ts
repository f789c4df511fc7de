/**
 * Real servers that verify what they receive and answer byte for byte with their own pattern.
 *
 *   node --import tsx servers-process.ts COUNT
 *
 * TCP: the client's first 4 bytes are the connection number, then its pattern follows; for every pattern byte
 * received one byte goes back. When the client half-closes, so does the server.
 * UDP: a datagram is echoed with the server's index in front.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { fillPattern, firstMismatch } from './pattern.js';
import type { ToTest } from './protocol.js';

function tell(message: ToTest): void {
  process.send?.(message);
}

function serveConnection(socket: Socket): void {
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
      tell({ kind: 'fault', what: `server: connection ${connection}: wrong byte at ${position + wrong}` });
      socket.destroy();
      return;
    }
    const answer = Buffer.allocUnsafe(chunk.length);
    fillPattern(answer, connection, 'to-client', position);
    position += chunk.length;
    socket.write(answer);
  });
  socket.on('end', () => socket.end());
  socket.on('error', (error) =>
    tell({ kind: 'fault', what: `server: connection ${connection}: ${error.message}` }),
  );
}

async function startTcp(): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, serveConnection);
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function startUdp(index: number): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    socket.send(Buffer.concat([Buffer.from([index]), message]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

const count = Number(process.argv[2]);
const tcpPorts: number[] = [];
const udpPorts: number[] = [];
for (let index = 0; index < count; index++) {
  tcpPorts.push(await startTcp());
  udpPorts.push(await startUdp(index));
}
tell({ kind: 'servers-ready', tcpPorts, udpPorts });
process.on('disconnect', () => process.exit(0));

/**
 * Real servers that verify what they receive and answer byte for byte with their own pattern.
 *
 *   node --import tsx servers-process.ts COUNT
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { answerConnection, answerDatagrams } from './pattern-server.js';
import type { ToTest } from './protocol.js';

function tell(message: ToTest): void {
  process.send?.(message);
}

const fault = (what: string): void => tell({ kind: 'fault', what: `server: ${what}` });

async function startTcp(): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    answerConnection(socket, fault),
  );
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function startUdp(index: number): Promise<number> {
  const socket = createSocket('udp4');
  answerDatagrams(socket, index);
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

/** A server that greets as MySQL does, in TLS after that if told, and then sends whatever bytes a test wants. */
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { TestCertificate } from './certificates.js';

const TLS = 0x800;
/** Long password, database, 4.1, secure connection, plugin. */
const CAPABILITIES = 0x1 | 0x8 | 0x200 | 0x8000 | 0x80000;
/** A client's wish for TLS: a packet with nothing but the head of its log-in. */
const TLS_REQUEST_BYTES = 36;

/** @param answer called with each packet of the client, the log-in first */
export function mysqlRawServer(
  tls: TestCertificate | null,
  answer: (stream: Socket, packet: Buffer, sequence: number) => void,
): (socket: Socket) => void {
  const converse = (stream: Socket, sequence: number): void => {
    let next = sequence;
    stream.on('error', () => undefined);
    stream.on('data', (packet: Buffer) => {
      answer(stream, packet, next);
      next = 1;
    });
  };
  return (socket) => {
    socket.on('error', () => undefined);
    socket.write(packetOf(0, greeting(tls === null ? CAPABILITIES : CAPABILITIES | TLS)));
    if (tls === null) {
      converse(socket, 2);
      return;
    }
    socket.once('data', (request: Buffer) => {
      socket.pause();
      if (request.length > TLS_REQUEST_BYTES) socket.unshift(request.subarray(TLS_REQUEST_BYTES));
      converse(new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) }), 3);
    });
  };
}

export const OK_PACKET = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

export function packetOf(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
}

/** Packets as long as one can be, without end. */
export function floodWith(stream: Socket): void {
  const chunk = Buffer.alloc(64 * 1024, 0xff);
  const more = (): void => {
    if (!stream.destroyed) stream.write(chunk, more);
  };
  more();
}

/** @see MySQL client/server protocol, Protocol::HandshakeV10 */
function greeting(capabilities: number): Buffer {
  const fixed = Buffer.alloc(31);
  fixed.writeUInt32LE(1, 0);
  fixed.fill('A', 4, 12);
  fixed.writeUInt16LE(capabilities & 0xffff, 13);
  fixed[15] = 45;
  fixed.writeUInt16LE(2, 16);
  fixed.writeUInt16LE(capabilities >>> 16, 18);
  fixed[20] = 21;
  const [version, rest] = ['\n8.0.99-test\0', 'BBBBBBBBBBBB\0mysql_native_password\0'];
  return Buffer.concat([Buffer.from(version), fixed, Buffer.from(rest)]);
}

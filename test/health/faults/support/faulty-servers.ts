/** Servers of tests, each with one fault. */
import { decode, encode, type Packet } from 'dns-packet';
import type { Socket } from 'node:net';
import { withDatagramServer } from '../../support/datagram-server.js';
import { closedPort, withServer } from '../../support/loopback.js';
import { withStoppedListener } from '../../support/stopped-listener.js';
import type { Beside } from './fault.js';

/** TCP; `serve` gets each connection. */
export const tcp =
  (serve: (socket: Socket) => void): Beside =>
  (use) =>
    withServer(serve, ({ port }) => use(port));

/** UDP; gives what is sent back. */
export const udp =
  (answer: (datagram: Buffer) => readonly Buffer[]): Beside =>
  (use) =>
    withDatagramServer(answer, ({ port }) => use(port));

/** A port on which nobody listens. */
export const nobody: Beside = async (use) => use(await closedPort());

/** A process that stands still: its kernel goes on taking connections. */
export const stopped: Beside = (use) => withStoppedListener(({ port }) => use(port), 16);

/** As `stopped`, with no room for another connection. */
export const blackHole: Beside = (use) =>
  withStoppedListener(async (listener) => {
    await listener.fill();
    await use(listener.port);
  });

/** Nothing of the network is asked. */
export const alone: Beside = (use) => use(9);

/** Takes a connection and says nothing. */
export const silent = (): void => undefined;

/** Sends this piece again and again. */
export const drip = (piece: string) => (socket: Socket) => {
  const timer = setInterval(() => socket.write(piece), 5);
  socket.once('close', () => clearInterval(timer));
};

/** An HTTP answer. */
export function page(head: string, body = ''): string {
  return `HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** A DNS answer to this query. */
export function dnsReply(query: Buffer, changes: Packet): Buffer {
  const { id = 0, questions = [] } = decode(query);
  return encode({ type: 'response', id, questions, answers: [], ...changes });
}

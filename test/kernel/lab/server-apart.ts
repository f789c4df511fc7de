/** A server on a host of the lab as a process of its own: it answers while this process stands still, and can be killed. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { lineLike, linesOf } from '../../support/program.js';
import type { Lab, LabHost } from './lab.js';

/**
 * Answers by TCP, on every address, now and later, as the lab's other servers do, and sends back what comes. By UDP it sends back
 * what comes, on the addresses that it is given; what is long enough for a question of DNS, as an answer that refuses it.
 */
const script = `
const [name, port, ...addresses] = process.argv.slice(1);
for (const address of addresses) {
  const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => {
    if (message.length > 12) {
      message[2] |= 0x80;
      message[3] = (message[3] & 0xf0) | 5;
    }
    socket.send(message, from.port, from.address);
  });
  socket.bind(Number(port), address);
}
const plain = (address = '?') => address.replace(/^::ffff:/, '');
const server = require('node:net').createServer((socket) => {
  socket.on('error', () => undefined);
  socket.write([name, plain(socket.remoteAddress), socket.remotePort ?? 0, plain(socket.localAddress)].join(' ') + '\\n');
  socket.pipe(socket);
});
server.listen({ port: Number(port), backlog: 1024 }, () => process.stdout.write('listening\\n'));`;

export class ServerApart {
  readonly host: LabHost;
  readonly port: number;
  #child: ChildProcessByStdio<null, Readable, null> | null = null;

  constructor(host: LabHost, port: number) {
    this.host = host;
    this.port = port;
  }

  /** Starts one on each host; they end with the lab. */
  static async startAll(lab: Lab, port: number): Promise<ServerApart[]> {
    const servers = lab.servers.map((host) => new ServerApart(host, port));
    for (const server of servers) lab.beforeClose(() => server.kill());
    await Promise.all(servers.map((server) => server.start()));
    return servers;
  }

  /** @param datagrams addresses on which it takes datagrams; the host has them by now */
  async start(datagrams: readonly string[] = []): Promise<void> {
    const words = ['-e', script, this.host.name, String(this.port), ...datagrams];
    const child = this.host.namespace.within(() =>
      spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    this.#child = child;
    await lineLike(linesOf(child.stdout), /listening/);
  }

  /** At once: connections are reset, the port refuses. May be called twice; settles when the process has gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
}

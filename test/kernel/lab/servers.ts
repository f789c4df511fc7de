/** Servers on hosts of the lab, all in this process: each answers with its name and with the client that it saw. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { formatAnswer, type LabProtocol } from './answers.js';
import type { Lab, LabHost } from './lab.js';
import { SctpEndpoint } from './sctp.js';

export interface ServeOptions {
  readonly port: number;
  /** Default TCP and UDP. */
  readonly protocols?: readonly LabProtocol[];
  /** Default the lab's real servers. */
  readonly hosts?: readonly LabHost[];
}

/** Asks a TCP server for so many bytes after its answer: `download 1000\n`. Anything else it sends back. */
const download = /^download (\d+)\n$/;

/**
 * Starts a server on each host, and closes them with the lab.
 *
 * TCP listens on every address, now and later. UDP and SCTP answer from the address that was asked: they are on those
 * that the host has when this is called, so the VIP must be there before where packets come to it.
 */
export async function serve(lab: Lab, options: ServeOptions): Promise<LabServer[]> {
  const { hosts = lab.servers, protocols = ['tcp', 'udp'], port } = options;
  const servers: LabServer[] = [];
  for (const host of hosts) {
    const server = new LabServer(host, port);
    lab.beforeClose(() => server.close());
    await server.open(protocols);
    servers.push(server);
  }
  return servers;
}

/** One host's server on one port. */
export class LabServer {
  readonly host: LabHost;
  readonly port: number;
  readonly #sockets = new Set<Socket>();
  readonly #datagrams: DatagramSocket[] = [];
  readonly #sctp: SctpEndpoint[] = [];
  #tcp: Server | null = null;
  #connections = 0;

  constructor(host: LabHost, port: number) {
    this.host = host;
    this.port = port;
  }

  /** TCP connections that came, ever. */
  get connections(): number {
    return this.#connections;
  }

  /** TCP connections that are open on this side. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  async open(protocols: readonly LabProtocol[]): Promise<void> {
    await this.host.namespace.during(async () => {
      if (protocols.includes('tcp')) await this.#listen();
      for (const address of addresses()) {
        if (protocols.includes('udp')) await this.#bindUdp(address);
        if (protocols.includes('sctp')) this.#bindSctp(address);
      }
    });
  }

  /** Ends it at once: connections are reset, the port refuses. May be called twice. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const socket of this.#datagrams.splice(0)) socket.close();
    for (const socket of this.#sctp.splice(0)) socket.close();
    const tcp = this.#tcp;
    this.#tcp = null;
    if (tcp === null) return;
    tcp.close();
    await once(tcp, 'close');
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#tcp = server;
    server.listen({ port: this.port, backlog: 1024 });
    await once(server, 'listening');
  }

  #serve(socket: Socket): void {
    this.#connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const { remoteAddress: client = '?', remotePort: clientPort = 0, localAddress: addressed = '?' } = socket;
    socket.write(formatAnswer({ server: this.host.name, client, clientPort, addressed }));
    socket.on('data', (chunk: Buffer) => {
      const [, bytes] = download.exec(chunk.toString('latin1', 0, 64)) ?? [];
      socket.write(bytes === undefined ? chunk : Buffer.alloc(Number(bytes), 'd'));
    });
  }

  async #bindUdp(address: string): Promise<void> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reuseAddr: true });
    this.#datagrams.push(socket);
    socket.on('message', (_, { address: client, port: clientPort }) => {
      socket.send(
        formatAnswer({ server: this.host.name, client, clientPort, addressed: address }),
        clientPort,
        client,
      );
    });
    socket.bind(this.port, address);
    await once(socket, 'listening');
  }

  #bindSctp(address: string): void {
    const socket = SctpEndpoint.open(address, this.port);
    this.#sctp.push(socket);
    socket.watch((_, { address: client, port: clientPort }) => {
      const answer = formatAnswer({ server: this.host.name, client, clientPort, addressed: address });
      socket.send(Buffer.from(answer), { address: client, port: clientPort });
    });
  }
}

/** Of the calling thread's namespace, without those that belong to a link. */
function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [
    ...new Set(all.map(({ address }) => address).filter((address) => !/^(fe80:|127\.|::1$)/.test(address))),
  ];
}

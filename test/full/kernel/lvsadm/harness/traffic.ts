/** Real traffic through a virtual service: clients and real servers are sockets of this process, in one namespace. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

/** Takes whatever comes on a port of any address until closed. */
export class Sink {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  received = 0;

  private constructor(server: net.Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('data', (chunk: Buffer) => (this.received += chunk.length));
      socket.on('error', () => undefined);
    });
  }

  static async listen(port: number): Promise<Sink> {
    const server = net.createServer();
    const sink = new Sink(server);
    server.listen(port, '::');
    await once(server, 'listening');
    return sink;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** A connection from a port of one's own choice, so that tables look the same in every run. */
export async function connect(host: string, port: number, localPort: number): Promise<net.Socket> {
  const socket = net.connect({ host, port, localPort });
  await once(socket, 'connect');
  return socket;
}

/** As `connect`, but does not wait for an answer. */
export function beginConnect(host: string, port: number, localPort: number): net.Socket {
  return net.connect({ host, port, localPort }).on('error', () => undefined);
}

export async function send(socket: net.Socket, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
}

export async function sendDatagram(
  host: string,
  port: number,
  localPort: number,
  text: string,
): Promise<void> {
  const socket = dgram.createSocket('udp4');
  socket.bind(localPort);
  await once(socket, 'listening');
  await new Promise<void>((resolve, reject) => {
    socket.send(text, port, host, (error) => (error === null ? resolve() : reject(error)));
  });
  socket.close();
}

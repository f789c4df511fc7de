/** Real connections inside the namespace: clients and servers of this process, over loopback. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Puts addresses on loopback. */
export function addAddresses(...addresses: string[]): void {
  const commands = addresses.map((address) =>
    address.includes(':') ? `address add ${address}/128 dev lo nodad` : `address add ${address}/32 dev lo`,
  );
  execFileSync('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** Sends back what it gets. */
export class EchoServer {
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  readonly #sockets = new Set<Socket>();

  /** Connections that came, ever. */
  get connections(): number {
    return this.#sockets.size;
  }

  static async open(address: string, port: number): Promise<EchoServer> {
    const server = new EchoServer();
    server.#server.listen(port, address);
    await once(server.#server, 'listening');
    return server;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export async function connection(address: string, port: number): Promise<Socket> {
  const socket = connect(port, address);
  await once(socket, 'connect');
  return socket;
}

/** Sends so many bytes and waits until all are back. */
export async function echo(socket: Socket, bytes: number): Promise<void> {
  socket.write(Buffer.alloc(bytes, 'x'));
  let received = 0;
  while (received < bytes) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, 'readable');
    else received += chunk.length;
  }
  assert.equal(received, bytes);
}

/** Closes the connection and waits until both sides have. */
export async function end(socket: Socket): Promise<void> {
  socket.end();
  socket.resume();
  await once(socket, 'close');
}

/** Gives what `ask` gives as soon as it is not null. Counters are refreshed every two seconds, and nothing tells when. */
export async function untilKnown<T>(ask: () => T | null, what: string): Promise<T> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = ask();
    if (answer !== null) return answer;
    await sleep(50);
  }
  assert.fail(`still not so after 10 s: ${what}`);
}

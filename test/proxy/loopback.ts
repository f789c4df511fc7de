/** Servers, clients and steps for the loopback tests of the userspace plane. Everything listens on a free port. */
import assert from 'node:assert/strict';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { serverKey, serviceKey, type ServiceKey } from '../../src/model/keys.js';
import type { ServiceAddress, ServiceSettings } from '../../src/model/virtual-service.js';
import type { ObservedServer, ObservedService, Step } from '../../src/dataplane/types.js';
import type { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';

export const plainSettings: ServiceSettings = {
  scheduler: 'wrr',
  schedulerFlags: [],
  persistence: null,
  onePacket: false,
  retries: 1,
};

/** A port that was free a moment ago on the address, for TCP and so most likely for UDP. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const server = createServer();
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function tcpService(
  settings: Partial<ServiceSettings> = {},
  address = '127.0.0.1',
  protocol: 'tcp' | 'udp' = 'tcp',
): Promise<TableService & { readonly address: Extract<ServiceAddress, { kind: 'address' }> }> {
  const endpoint = {
    kind: 'address',
    family: address.includes(':') ? 6 : 4,
    address,
    port: await freePort(address),
    protocol,
  } as const;
  return {
    key: serviceKey(endpoint, 'test'),
    name: 'test',
    address: endpoint,
    settings: { ...plainSettings, ...settings },
  };
}

export function tableServer(port: number, more: Partial<TableServer> = {}): TableServer {
  const address = more.address ?? '127.0.0.1';
  const key = serverKey({ address, port });
  return {
    name: key,
    key,
    family: address.includes(':') ? 6 : 4,
    address,
    port,
    weight: 1,
    forwarding: 'nat',
    tunnel: null,
    upperThreshold: 0,
    lowerThreshold: 0,
    ...more,
  };
}

export const createStep = (service: TableService): Step => ({ kind: 'create-service', phase: 1, service });
export const editServiceStep = (service: TableService): Step => ({
  kind: 'edit-service',
  phase: 1,
  service,
  changes: [],
});
export const addStep = (service: TableService, server: TableServer): Step => ({
  kind: 'add-server',
  phase: 2,
  service,
  server,
});
export const editStep = (service: TableService, server: TableServer): Step => ({
  kind: 'edit-server',
  phase: 2,
  service,
  server,
  changes: [],
  liveConnections: 0,
});
export const removeStep = (service: TableService, server: TableServer): Step => ({
  kind: 'delete-server',
  phase: 3,
  service,
  server,
  liveConnections: 0,
});
/** Whatever the service says of lost flows. */
export const cutOffStep = (service: TableService, server: TableServer): Step => ({
  kind: 'delete-server',
  phase: 1,
  service,
  server,
  liveConnections: 0,
  endsConnections: true,
});
export const deleteStep = (service: TableService): Step => ({
  kind: 'delete-service',
  phase: 4,
  service,
  liveConnections: 0,
});

/** Applies steps that must all succeed. */
export async function applyAll(plane: ProxyDataplane, ...steps: Step[]): Promise<void> {
  for (const result of await plane.apply(steps)) assert.ok(result.ok, result.ok ? '' : result.error.message);
}

export async function observed(plane: ProxyDataplane, key: ServiceKey): Promise<ObservedService> {
  const service = (await plane.observe()).get(key);
  assert.ok(service !== undefined, `${key} is not in the table`);
  return service;
}

export async function observedServer(
  plane: ProxyDataplane,
  service: TableService,
  server: TableServer,
): Promise<ObservedServer> {
  const found = (await observed(plane, service.key)).servers.get(server.key);
  assert.ok(found !== undefined, `${server.key} is not in ${service.key}`);
  return found;
}

/** A TCP server under test, with every socket it has accepted. */
export interface RealTcpServer {
  readonly port: number;
  readonly sockets: Socket[];
  /** Resolves with the next accepted socket that was not handed out yet. */
  accepted(): Promise<Socket>;
  close(): Promise<void>;
}

/** @param serve what to do with each client; default: keep it open */
export async function realServer(
  serve: (socket: Socket) => void = () => undefined,
  address = '127.0.0.1',
  port = 0,
): Promise<RealTcpServer> {
  const sockets: Socket[] = [];
  let handedOut = 0;
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async accepted() {
      if (sockets.length <= handedOut) await once(server, 'connection');
      const socket = sockets[handedOut++];
      assert.ok(socket !== undefined);
      return socket;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with its name and closes. */
export const namedServer = (name: string): Promise<RealTcpServer> =>
  realServer((socket) => {
    socket.resume();
    socket.end(name);
  });

/** Sends back what it gets. */
export const echoServer = (address?: string): Promise<RealTcpServer> =>
  realServer((socket) => socket.pipe(socket), address);

/** Begins to connect, to the service's own endpoint unless another one is named. */
export function dial(service: TableService, address?: string, port?: number): Socket {
  assert.ok(service.address.kind === 'address' || port !== undefined);
  const target = service.address.kind === 'address' ? service.address : { address: '127.0.0.1', port: 0 };
  const socket = connect({ host: address ?? target.address, port: port ?? target.port, allowHalfOpen: true });
  // The plane resets what is left when a test ends; a test that cares listens too.
  socket.on('error', () => socket.destroy());
  return socket;
}

/** Connects; rejects when the connection is refused or reset before that. */
export async function client(service: TableService, address?: string, port?: number): Promise<Socket> {
  const socket = dial(service, address, port);
  await once(socket, 'connect');
  return socket;
}

/** Everything until the peer's FIN; rejects with the socket's error. The own side stays open. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** One connection that is read to its end and closed: a request without words. */
export async function ask(service: TableService): Promise<string> {
  const socket = await client(service);
  socket.end();
  return (await readAll(socket)).toString();
}

/** The next data of a socket that is otherwise left as it is. */
export async function nextData(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

/** Sends a line and returns what comes back first. */
export async function exchange(socket: Socket, text: string): Promise<string> {
  const answer = nextData(socket);
  socket.write(text);
  return answer;
}

/** Resolves with the error code once the socket is gone; empty for an orderly end. */
export async function goneWith(socket: Socket): Promise<string> {
  let code = '';
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? error.message));
  socket.resume();
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return code;
}

/** A turn of the event loop: pending sockets are served. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns the loop until the condition holds. The runner's own time limit ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await turn();
}

/** Open descriptors of this process. */
export const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** A UDP socket bound to loopback that remembers what it got. */
export interface DatagramPeer {
  readonly socket: DatagramSocket;
  readonly port: number;
  readonly received: { readonly text: string; readonly port: number }[];
  /** Resolves once `count` datagrams came in all. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

/** @param answer the reply to each datagram; null = none */
export async function datagramPeer(
  answer: ((text: string) => string) | null = null,
  address = '127.0.0.1',
): Promise<DatagramPeer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const received: { text: string; port: number }[] = [];
  socket.on('message', (message, from) => {
    received.push({ text: message.toString(), port: from.port });
    if (answer !== null) socket.send(answer(message.toString()), from.port, from.address);
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  return {
    socket,
    port: socket.address().port,
    received,
    reached: (count) => until(() => received.length >= count),
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

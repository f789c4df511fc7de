/**
 * A constant load of connections through the director, every byte verified at both ends.
 *
 * Clients and servers are one process, this one, with sockets in several namespaces: in the guest a process more is
 * dearer than all connections. Whatever nobody asked for is a fault: an error, an end, a wrong byte, a lost datagram.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { Lab, LabHost } from '../../../../kernel/lab/lab.js';
import { seededRandom, type SeededRandom } from '../../../../support/random.js';
import { fillPattern, firstMismatch } from '../../../../support/traffic/pattern.js';

const TICK_MS = 250;
const LARGEST_CHUNK = 1000;
/** Ticks after which a datagram counts as lost. */
const LOST_TICKS = 80;
/** Ticks without progress after which a connection counts as failed. */
const STALLED_TICKS = 120;

export const SERVER_PORT = 8080;

export interface LoadPlan {
  /** Where connections come and go, each living for seconds. */
  readonly web: { readonly port: number; readonly connectionsPerSecond: number };
  /** Where connections stay until the end. */
  readonly long: { readonly port: number; readonly connections: number };
  readonly udp: { readonly port: number; readonly sessions: number };
}

export interface LoadReport {
  readonly opened: number;
  readonly finished: number;
  readonly alive: number;
  readonly bytesVerified: number;
  readonly datagramsVerified: number;
  /** TCP's own counters of the clients' host since the start: connects that failed, connections that were reset. */
  readonly kernel: { readonly attemptFails: number; readonly estabResets: number; readonly outRsts: number };
}

export class Load {
  /** The first ones, at most 50. */
  readonly faults: string[] = [];
  readonly #lab: Lab;
  readonly #random: SeededRandom;
  readonly #clients = new Set<PatternClient>();
  readonly #udp: (() => void)[] = [];
  readonly counts = { opened: 0, finished: 0, bytesVerified: 0, datagramsVerified: 0 };
  #timer: NodeJS.Timeout | null = null;
  #kernelBefore = NO_RESETS;
  #whenIdle: (() => void) | null = null;

  constructor(lab: Lab, seed: number) {
    this.#lab = lab;
    this.#random = seededRandom(seed);
  }

  /** Opens the servers' sockets. */
  async serve(): Promise<void> {
    for (const [index, host] of this.#lab.servers.entries())
      await host.namespace.during(() => this.#listen(host, index));
  }

  /** Begins. The calling thread must be in the clients' namespace, and stay there. */
  start(plan: LoadPlan): void {
    this.#kernelBefore = tcpCounters();
    const vip = this.#lab.vip[4];
    for (let session = 0; session < plan.udp.sessions; session++) this.#startUdp(session, vip, plan.udp.port);
    for (let count = 0; count < plan.long.connections; count++) this.#open(vip, plan.long.port, Infinity);
    let owed = 0;
    this.#timer = setInterval(() => {
      for (const tick of this.#udp) tick();
      owed += (plan.web.connectionsPerSecond * TICK_MS) / 1000;
      for (; owed >= 1 && this.#whenIdle === null; owed--)
        this.#open(vip, plan.web.port, this.#random.int(4, 14));
      for (const client of this.#clients) client.tick(this.#whenIdle !== null);
      if (this.#clients.size === 0) this.#whenIdle?.();
    }, TICK_MS);
  }

  get report(): LoadReport {
    const now = tcpCounters();
    return {
      ...this.counts,
      alive: this.#clients.size,
      kernel: {
        attemptFails: now.attemptFails - this.#kernelBefore.attemptFails,
        estabResets: now.estabResets - this.#kernelBefore.estabResets,
        outRsts: now.outRsts - this.#kernelBefore.outRsts,
      },
    };
  }

  /** Opens no more, lets those that are open end in order, and waits for that. */
  async finish(): Promise<LoadReport> {
    await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    if (this.#timer !== null) clearInterval(this.#timer);
    return this.report;
  }

  /** For whoever fails before `finish`. */
  abandon(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const client of this.#clients) client.destroy();
  }

  fault(what: string): void {
    if (this.faults.length < 50) this.faults.push(what);
  }

  #open(address: string, port: number, ticks: number): void {
    const client = new PatternClient(this, this.counts.opened++, this.#random, ticks);
    this.#clients.add(client);
    client.start(address, port, () => this.#clients.delete(client));
  }

  async #listen(host: LabHost, index: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#answer(socket, host),
    );
    server.listen({ port: SERVER_PORT, host: host.address[4], backlog: 1024 });
    await once(server, 'listening');
    const datagrams = createSocket('udp4');
    datagrams.on('message', (message, from) => {
      datagrams.send(Buffer.concat([Buffer.from([index]), message]), from.port, from.address);
    });
    datagrams.bind(SERVER_PORT, host.address[4]);
    await once(datagrams, 'listening');
    this.#lab.beforeClose(() => {
      server.close();
      datagrams.close();
    });
  }

  /** The first 4 bytes are the connection's number; for each byte of its pattern one goes back. */
  #answer(socket: Socket, { name }: LabHost): void {
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
        this.fault(`${name}: connection ${connection}: wrong byte at ${position + wrong}`);
        socket.destroy();
        return;
      }
      const answer = Buffer.allocUnsafe(chunk.length);
      fillPattern(answer, connection, 'to-client', position);
      position += chunk.length;
      socket.write(answer);
    });
    socket.on('end', () => socket.end());
    // a check that connects and goes has sent nothing
    socket.on('error', (error) => {
      if (connection >= 0) this.fault(`${name}: connection ${connection}: ${error.message}`);
    });
  }

  /** One datagram in flight, always answered by the same server. */
  #startUdp(session: number, address: string, port: number): void {
    const socket = createSocket('udp4');
    let server = -1;
    let sent = 0;
    let answered = 0;
    let waited = 0;
    socket.on('error', (error) => this.fault(`udp session ${session}: ${error.message}`));
    socket.on('message', (message) => {
      const [from = -1] = message;
      if (server >= 0 && from !== server)
        this.fault(`udp session ${session}: from server ${server} to ${from}`);
      if (message.readUInt32BE(1) !== answered) this.fault(`udp session ${session}: not answer ${answered}`);
      server = from;
      answered++;
      this.counts.datagramsVerified++;
    });
    let connected = false;
    socket.connect(port, address, () => (connected = true));
    socket.unref();
    this.#udp.push(() => {
      if (!connected) return;
      if (answered < sent) {
        if (++waited === LOST_TICKS) this.fault(`udp session ${session}: datagram ${answered} lost`);
        return;
      }
      waited = 0;
      const datagram = Buffer.alloc(4);
      datagram.writeUInt32BE(sent++);
      socket.send(datagram);
    });
  }
}

class PatternClient {
  readonly #load: Load;
  readonly #number: number;
  readonly #random: SeededRandom;
  #ticksLeft: number;
  #socket: Socket | null = null;
  #sent = 0;
  #received = 0;
  #stalled = 0;
  #ending = false;

  constructor(load: Load, number: number, random: SeededRandom, ticks: number) {
    this.#load = load;
    this.#number = number;
    this.#random = random;
    this.#ticksLeft = ticks;
  }

  start(host: string, port: number, gone: () => void): void {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.#socket = socket;
    socket.on('connect', () => {
      const header = Buffer.alloc(4);
      header.writeUInt32BE(this.#number);
      socket.write(header);
    });
    socket.on('data', (chunk: Buffer) => this.#verify(chunk));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#fault(error.message));
    socket.on('close', gone);
  }

  tick(finishing: boolean): void {
    if (++this.#stalled === STALLED_TICKS) this.#fault('no progress');
    if (this.#ending || this.#socket === null || this.#socket.connecting) return;
    // what is under way is not added to: the load is constant, whatever the machine
    if (this.#received < this.#sent) return;
    if (finishing || this.#ticksLeft-- <= 0) {
      this.#ending = true;
      this.#socket.end();
      return;
    }
    const chunk = Buffer.allocUnsafe(this.#random.int(1, LARGEST_CHUNK));
    fillPattern(chunk, this.#number, 'to-server', this.#sent);
    this.#sent += chunk.length;
    this.#socket.write(chunk);
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  #verify(chunk: Buffer): void {
    const wrong = firstMismatch(chunk, this.#number, 'to-client', this.#received);
    if (wrong >= 0) {
      this.#fault(`wrong byte at ${this.#received + wrong}`);
      this.#socket?.destroy();
      return;
    }
    this.#stalled = 0;
    this.#received += chunk.length;
    this.#load.counts.bytesVerified += chunk.length;
  }

  #ended(): void {
    if (!this.#ending) this.#fault('ended by the other side');
    else if (this.#received !== this.#sent) this.#fault(`sent ${this.#sent}, got back ${this.#received}`);
    else this.#load.counts.finished++;
    this.#socket?.end();
  }

  #fault(what: string): void {
    this.#load.fault(`connection ${this.#number} (port ${this.#socket?.localPort ?? '?'}): ${what}`);
  }
}

const NO_RESETS = { attemptFails: 0, estabResets: 0, outRsts: 0 };

/** Of the calling thread's namespace. @see proc_pid_net(5), /proc/net/snmp */
function tcpCounters(): typeof NO_RESETS {
  const lines = readFileSync('/proc/thread-self/net/snmp', 'utf8').split('\n');
  const [names = [], values = []] = lines
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  const figure = (name: string): number => Number(values[names.indexOf(name)] ?? NaN);
  return {
    attemptFails: figure('AttemptFails'),
    estabResets: figure('EstabResets'),
    outRsts: figure('OutRsts'),
  };
}

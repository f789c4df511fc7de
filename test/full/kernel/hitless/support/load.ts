/**
 * A constant load of connections through the director, every byte verified at both ends.
 *
 * Clients and servers are one process, this one, with sockets in several namespaces: in the guest a process more is
 * dearer than all connections. Whatever nobody asked for is a fault: an error, an end, a wrong byte, a lost datagram.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Lab, LabHost } from '../../../../kernel/lab/lab.js';
import { seededRandom, type SeededRandom } from '../../../../support/random.js';
import { PatternClient, startSession } from '../../../../support/traffic/pattern-client.js';
import { answerConnection, answerDatagrams } from '../../../../support/traffic/pattern-server.js';

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
    for (let session = 0; session < plan.udp.sessions; session++)
      this.#udp.push(
        startSession({
          address: vip,
          port: plan.udp.port,
          lostTicks: LOST_TICKS,
          fault: (what) => this.fault(`udp session ${session}: ${what}`),
          verified: () => this.counts.datagramsVerified++,
        }),
      );
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
    const number = this.counts.opened++;
    const client = new PatternClient({
      number,
      random: this.#random,
      ticks,
      largestChunk: LARGEST_CHUNK,
      inTurns: true,
      stalledTicks: STALLED_TICKS,
      fault: (what, { localPort }) => this.fault(`connection ${number} (port ${localPort ?? '?'}): ${what}`),
      verified: (bytes) => (this.counts.bytesVerified += bytes),
      finished: () => this.counts.finished++,
    });
    this.#clients.add(client);
    client.start(address, port, () => this.#clients.delete(client));
  }

  async #listen(host: LabHost, index: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      answerConnection(socket, (what) => this.fault(`${host.name}: ${what}`)),
    );
    server.listen({ port: SERVER_PORT, host: host.address[4], backlog: 1024 });
    await once(server, 'listening');
    const datagrams = createSocket('udp4');
    answerDatagrams(datagrams, index);
    datagrams.bind(SERVER_PORT, host.address[4]);
    await once(datagrams, 'listening');
    this.#lab.beforeClose(() => {
      server.close();
      datagrams.close();
    });
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

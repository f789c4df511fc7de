/**
 * Clients that keep a few hundred connections alive through a director, each verifying every byte, and report
 * every end that they did not cause. Driven over IPC (protocol.ts).
 *
 * Lifetimes are mixed: most connections live a few seconds, some for the whole run.
 */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { seededRandom, type SeededRandom } from '../random.js';
import { fillPattern, firstMismatch } from './pattern.js';
import type { ToClients, ToTest } from './protocol.js';

const TICK_MS = 50;
const LARGEST_CHUNK = 3000;
/** Every so many-th connection stays until the end. */
const PERMANENT_EVERY = 60;

type Start = Extract<ToClients, { kind: 'start' }>;

function tell(message: ToTest): void {
  process.send?.(message);
}

function fault(what: string): void {
  tell({ kind: 'fault', what });
}

let reloads = 0;
let bytesVerified = 0;
let datagramsVerified = 0;
let opened = 0;
let finished = 0;
let finishing = false;

class PatternClient {
  static readonly alive = new Set<PatternClient>();
  readonly bornAtReload = reloads;
  #sent = 0;
  #received = 0;
  #ending = false;
  #ticksLeft: number;
  readonly #random: SeededRandom;
  readonly #socket: Socket;

  constructor(
    readonly number: number,
    port: number,
    random: SeededRandom,
  ) {
    this.#random = random;
    this.#ticksLeft = number % PERMANENT_EVERY === 0 ? Infinity : random.int(2, 120);
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  }

  start(): void {
    PatternClient.alive.add(this);
    this.#socket.on('connect', () => {
      const header = Buffer.alloc(4);
      header.writeUInt32BE(this.number);
      this.#socket.write(header);
      this.tick();
    });
    this.#socket.on('data', (chunk: Buffer) => this.#verify(chunk));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => fault(`${this.#name()}: ${error.message}`));
    this.#socket.on('close', () => PatternClient.alive.delete(this));
  }

  get verified(): boolean {
    return this.#received > 0;
  }

  tick(): void {
    if (this.#ending || this.#socket.connecting) return;
    if (finishing || this.#ticksLeft <= 0) {
      this.#ending = true;
      this.#socket.end();
      return;
    }
    this.#ticksLeft -= 1;
    const chunk = Buffer.allocUnsafe(this.#random.int(1, LARGEST_CHUNK));
    fillPattern(chunk, this.number, 'to-server', this.#sent);
    this.#sent += chunk.length;
    this.#socket.write(chunk);
  }

  #verify(chunk: Buffer): void {
    const wrong = firstMismatch(chunk, this.number, 'to-client', this.#received);
    if (wrong >= 0) {
      fault(`${this.#name()}: wrong byte at ${this.#received + wrong}`);
      this.#socket.destroy();
      return;
    }
    this.#received += chunk.length;
    bytesVerified += chunk.length;
  }

  #ended(): void {
    if (!this.#ending) fault(`${this.#name()}: ended by the other side`);
    else if (this.#received !== this.#sent)
      fault(`${this.#name()}: sent ${this.#sent}, got back ${this.#received}`);
    else finished += 1;
    this.#socket.end();
  }

  #name(): string {
    return `client: connection ${this.number} (port ${this.#socket.localPort ?? '?'}, ${reloads - this.bornAtReload} reloads old)`;
  }
}

/** A UDP session: numbered datagrams, each answered by the same server, none lost. */
function startUdpSession(session: number, port: number): () => void {
  const socket = createSocket('udp4');
  let server = -1;
  let next = 0;
  let answered = 0;
  let ticksWaited = 0;
  socket.on('error', (error) => fault(`client: udp session ${session}: ${error.message}`));
  socket.on('message', (message) => {
    const from = message[0] ?? -1;
    const number = message.readUInt32BE(1);
    if (server >= 0 && from !== server)
      fault(`client: udp session ${session}: moved from server ${server} to ${from}`);
    if (number !== answered) fault(`client: udp session ${session}: answer ${number}, expected ${answered}`);
    server = from;
    answered = number + 1;
    datagramsVerified += 1;
  });
  socket.bind(0, '127.0.0.1');
  socket.connect(port, '127.0.0.1');
  let connected = false;
  socket.on('connect', () => (connected = true));
  return () => {
    if (!connected || finishing) return;
    // One datagram in flight; an answer that is not there after a second is lost.
    if (answered < next) {
      ticksWaited += 1;
      if (ticksWaited === 1000 / TICK_MS) fault(`client: udp session ${session}: datagram ${answered} lost`);
      return;
    }
    ticksWaited = 0;
    const datagram = Buffer.alloc(4);
    datagram.writeUInt32BE(next);
    next += 1;
    socket.send(datagram);
  };
}

function report(olderThan: number): void {
  const alive = [...PatternClient.alive].filter((client) => client.verified);
  tell({
    kind: 'report',
    alive: alive.length,
    old: alive.filter((client) => reloads - client.bornAtReload >= olderThan).length,
    opened,
    finished,
    bytesVerified,
    datagramsVerified,
  });
}

function start(options: Start): void {
  const random = seededRandom(options.seed);
  const udpTicks = Array.from({ length: options.udpSessions }, (_, session) =>
    startUdpSession(session, options.udpPort),
  );
  let owed = 0;
  const timer = setInterval(() => {
    if (finishing) {
      if (PatternClient.alive.size === 0) {
        clearInterval(timer);
        report(0);
      }
    } else {
      owed += (options.connectionsPerSecond * TICK_MS) / 1000;
      for (; owed >= 1; owed -= 1) new PatternClient(opened++, options.tcpPort, random).start();
      for (const tick of udpTicks) tick();
    }
    for (const client of PatternClient.alive) client.tick();
  }, TICK_MS);
}

process.on('message', (message: ToClients) => {
  switch (message.kind) {
    case 'start':
      start(message);
      return;
    case 'reloaded':
      reloads += 1;
      return;
    case 'report':
      report(message.olderThan);
      return;
    case 'finish':
      finishing = true;
      return;
  }
});
process.on('disconnect', () => process.exit(0));

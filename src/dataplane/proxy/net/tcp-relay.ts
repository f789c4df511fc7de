/**
 * Moves the bytes of one accepted client: connects to the server that was chosen, repeats refused connects,
 * then copies both ways until both sides have closed.
 *
 * An end of one side is passed on as FIN (half-close), an error as RST. The client is not read before a server
 * has accepted: its early bytes wait in the kernel, whatever number of connects it takes.
 */
import { connect, type Socket } from 'node:net';
import { IdleEntry, type IdleQueue } from '../idle-queue.js';
import type { FlowCarrier } from '../tracked-flow.js';
import type { ConnectionEnd, TcpConnection } from '../tcp-connection.js';
import { errnoOf } from './listen-error.js';
import { resetSocket } from './reset-socket.js';

/** Queues and hooks that all relays of an engine share. */
export interface RelayContext {
  /** Relays that wait for a server to answer. */
  readonly connecting: IdleQueue;
  /** Established relays, and those of which one side has closed. */
  readonly established: IdleQueue;
  readonly closing: IdleQueue;
  /** Both sockets are gone. */
  onEnded(): void;
}

/** Unsent bytes of one direction above which its source is no longer read. */
const BACKLOG_BYTES = 256 * 1024;

/**
 * How often the closing limit may pass while a receiver has not taken what it is owed. Nothing is heard of its
 * progress meanwhile: the kernel wakes nobody before a third of its buffer (several MB) is free.
 */
const PATIENCE = 8;

/**
 * Errors of the director's own host: no server is to blame, and another one would not help. EADDRNOTAVAIL is none of
 * them: local ports run out towards one server alone.
 */
const localErrors: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

export class TcpRelay extends IdleEntry implements FlowCarrier {
  readonly #context: RelayContext;
  readonly #connection: TcpConnection;
  readonly #client: Socket;
  #server: Socket | null = null;
  #openSockets = 0;
  #stalls = 0;
  #held = false;
  #end: ConnectionEnd = 'closed';

  /** @param client accepted and paused, not read from so far */
  constructor(client: Socket, connection: TcpConnection, context: RelayContext) {
    super();
    this.#client = client;
    this.#connection = connection;
    this.#context = context;
    connection.carrier = this;
  }

  start(): void {
    this.#client.on('error', () => this.#reset());
    this.#connect();
  }

  abort(): void {
    this.#reset();
  }

  hold(held: boolean): void {
    if (this.#held === held || this.#connection.state === 'CONNECTING') return;
    this.#held = held;
    const { established, closing } = this.#context;
    // Paused sockets do not tell that their peer has gone, so a held relay has a limit even where others have none.
    (held || this.#connection.state === 'FIN_WAIT' ? closing : established).touch(this);
    for (const socket of [this.#client, this.#server])
      if (held) socket?.pause();
      else socket?.resume();
  }

  override idleExpired(): void {
    if (this.#connection.state === 'CONNECTING') {
      this.#server?.destroy();
      this.#tryNext();
      return;
    }
    if (this.#connection.state === 'FIN_WAIT' && this.#owesBytes() && ++this.#stalls < PATIENCE) {
      this.#context.closing.touch(this);
      return;
    }
    this.#end = 'idle';
    this.#reset();
  }

  #owesBytes(): boolean {
    return this.#client.writableLength > 0 || (this.#server?.writableLength ?? 0) > 0;
  }

  #connect(): void {
    const { address, port } = this.#connection.server;
    const server = connect({
      host: address,
      port: port === 0 ? this.#connection.flow.destinationPort : port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
    });
    this.#server = server;
    server.once('connect', () => this.#onConnect(server));
    server.on('error', (error) => this.#onServerError(server, error));
    this.#context.connecting.touch(this);
  }

  #onServerError(server: Socket, error: Error): void {
    // A socket that was given up has nothing more to say.
    if (server !== this.#server) return;
    if (this.#connection.state !== 'CONNECTING') this.#reset();
    else if (localErrors.has(errnoOf(error) ?? '')) this.#turnAway();
    else this.#tryNext();
  }

  #tryNext(): void {
    this.#server = null;
    if (this.#connection.refused() === null) this.#turnAway();
    else this.#connect();
  }

  #turnAway(): void {
    this.#connection.abandoned();
    this.idleQueue?.remove(this);
    resetSocket(this.#client);
    this.#context.onEnded();
  }

  #onConnect(server: Socket): void {
    this.#connection.connected();
    this.#context.established.touch(this);
    this.#openSockets = 2;
    this.#relay(this.#client, server, (bytes) => this.#connection.countIn(bytes));
    this.#relay(server, this.#client, (bytes) => this.#connection.countOut(bytes));
    this.#client.resume();
  }

  #relay(from: Socket, to: Socket, count: (bytes: number) => void): void {
    from.on('data', (chunk) => {
      count(chunk.length);
      this.idleQueue?.touch(this);
      to.write(chunk);
      if (to.writableLength > BACKLOG_BYTES) from.pause();
    });
    to.on('drain', () => {
      this.#stalls = 0;
      this.idleQueue?.touch(this);
      if (!this.#held) from.resume();
    });
    from.on('end', () => {
      this.#onFirstEnd();
      to.end();
    });
    from.on('close', () => this.#onClose());
  }

  #onFirstEnd(): void {
    this.#connection.closing();
    this.#context.closing.touch(this);
  }

  #onClose(): void {
    if (--this.#openSockets > 0) return;
    this.idleQueue?.remove(this);
    this.#connection.ended(this.#end);
    this.#context.onEnded();
  }

  #reset(): void {
    if (this.#connection.state === 'CONNECTING') {
      this.#server?.destroy();
      this.#server = null;
      this.#turnAway();
      return;
    }
    if (this.#end === 'closed') this.#end = 'reset';
    this.#connection.closing();
    resetSocket(this.#client);
    if (this.#server !== null) resetSocket(this.#server);
  }
}

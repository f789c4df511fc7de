/** The admin API's server: everything on the unix socket, reading on TCP. */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { HttpListener, type ListenerAccess } from './http-listener.js';
import { DEFAULT_LIMITS, type ApiLimits } from './limits.js';
import type { ApiOperations, Peer } from './operations.js';
import { listenOnSocket, type SocketAddress } from './socket-listener.js';
import { OpenStreams } from './streams.js';
import { listenOnTcp, readOnlyAccess, type TcpAddress } from './tcp-listener.js';

export interface ApiServerOptions {
  readonly operations: ApiOperations;
  readonly clock: Clock;
  readonly logger: Logger;
  /** null = no control socket. */
  readonly socket: SocketAddress | null;
  /** null = no read-only listener. */
  readonly tcp: TcpAddress | null;
  /** The director's name, under which the read-only listener answers too. */
  readonly name: string;
  /** The process's effective user id. */
  readonly uid: number;
  /** Who is at the other end of a control connection; without it nobody is known. */
  readonly peerOf?: (socket: Socket) => Peer | null;
  readonly limits?: Partial<ApiLimits>;
  /** How long `close` lets answers under way finish; 1 s unless told. */
  readonly closeGraceMs?: number;
}

const DEFAULT_CLOSE_GRACE_MS = 1_000;
const CONTROL_ACCESS: ListenerAccess = { has: () => true, guard: () => undefined };

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #listeners: HttpListener[] = [];
  #opening: Promise<void> = Promise.resolve();
  #tcp: TcpAddress | null = null;

  constructor(options: ApiServerOptions) {
    this.#options = options;
  }

  /** Where the read-only listener listens, with the port it got; null before `start` and without one. */
  get tcpAddress(): TcpAddress | null {
    return this.#tcp;
  }

  /**
   * Listens on both. When one cannot be had, the other is closed again.
   *
   * @throws ApiError ERR_API_SOCKET_IN_USE, ERR_API_SOCKET_PATH, ERR_API_LISTEN
   * @throws DirectorError ERR_FOLDER_UNSAFE, ERR_FOLDER_CREATE for the socket's folder
   */
  async start(): Promise<void> {
    this.#opening = this.#open();
    try {
      await this.#opening;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Removes the socket, ends streams, lets answers under way finish for the grace time. Idempotent; while `start`
   * runs it waits for that first, so that nothing is left listening.
   */
  async close(): Promise<void> {
    // Its error is for the caller of start.
    await Promise.allSettled([this.#opening]);
    const graceMs = this.#options.closeGraceMs ?? DEFAULT_CLOSE_GRACE_MS;
    await Promise.all(this.#listeners.map((listener) => listener.close(this.#options.clock, graceMs)));
    this.#tcp = null;
  }

  async #open(): Promise<void> {
    await this.#startSocket();
    await this.#startTcp();
  }

  async #startSocket(): Promise<void> {
    const { socket, uid } = this.#options;
    if (socket === null) return;
    const listener = await this.#addListener(CONTROL_ACCESS);
    await listenOnSocket(listener.server, socket, uid);
  }

  async #startTcp(): Promise<void> {
    const { tcp, name } = this.#options;
    if (tcp === null) return;
    const listener = await this.#addListener(readOnlyAccess({ address: tcp.address, name }));
    await listenOnTcp(listener.server, tcp);
    const bound = listener.server.address();
    if (bound !== null && typeof bound === 'object') this.#tcp = { address: bound.address, port: bound.port };
  }

  async #addListener(access: ListenerAccess): Promise<HttpListener> {
    const { operations, clock, logger, limits, peerOf } = this.#options;
    const listener = new HttpListener(
      {
        operations,
        clock,
        logger,
        limits: { ...DEFAULT_LIMITS, ...limits },
        streams: new OpenStreams(),
        peerOf: peerOf ?? (() => null),
      },
      access,
    );
    this.#listeners.push(listener);
    await listener.ready();
    return listener;
  }
}

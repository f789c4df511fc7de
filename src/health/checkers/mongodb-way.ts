/**
 * The way of MongoDB's client to its server. It opens its connections itself, and lets go of them late. So it is given a
 * socket of ours to connect to, and what comes from the server is judged before it gets there.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import { overConnection } from './connection.js';
import { MongodbGuard, type MongodbLibrary } from './mongodb-guard.js';
import type { TlsUpgrade } from './secure.js';

/** The client needs two or three: to watch, and to ask. */
const MAX_CONNECTIONS = 4;

/** For one probe. TLS is on our side of it. */
export class MongodbWay {
  /** Path of the socket that the client connects to; nobody else can. */
  readonly path: string;
  /** Rejects with the first fault of a connection to the server. */
  readonly failed: Promise<never>;
  readonly #folder: string;
  readonly #server: Server;
  readonly #open: (local: Socket) => Promise<void>;
  readonly #locals = new Set<Socket>();
  readonly #ended = new AbortController();
  readonly #work: Promise<void>[] = [];
  #fail: (fault: unknown) => void = () => undefined;

  private constructor(folder: string, open: (local: Socket, signal: AbortSignal) => Promise<void>) {
    this.#folder = folder;
    this.path = join(folder, 'way.sock');
    this.failed = new Promise((_resolve, reject) => (this.#fail = reject));
    this.failed.catch(() => undefined);
    this.#open = (local) => open(local, this.#ended.signal);
    this.#server = createServer((local) => this.#accept(local));
  }

  /** @throws Error when no socket can be made, which is no fault of the server */
  static async open(
    sockets: ProbeSockets,
    target: ProbeTarget,
    upgrade: TlsUpgrade | null,
    { BSON }: MongodbLibrary,
  ): Promise<MongodbWay> {
    const folder = await mkdtemp(join(tmpdir(), 'lvsd-probe-'));
    const way = new MongodbWay(folder, (local, signal) =>
      overConnection({ sockets, target, upgrade }, signal, (socket) =>
        relay(local, socket, new MongodbGuard(BSON)),
      ),
    );
    try {
      way.#server.listen(way.path);
      await once(way.#server, 'listening');
      return way;
    } catch (thrown) {
      await rm(folder, { recursive: true, force: true });
      throw thrown;
    }
  }

  /** Ends all connections, and waits until those to the server are closed. May be called once. */
  async close(): Promise<void> {
    this.#ended.abort(new Error('the probe has ended'));
    for (const local of this.#locals) local.destroy();
    this.#server.close();
    await Promise.all(this.#work);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #accept(local: Socket): void {
    local.on('error', () => undefined);
    if (this.#ended.signal.aborted || this.#locals.size >= MAX_CONNECTIONS) {
      local.destroy();
      return;
    }
    this.#locals.add(local);
    const work = this.#open(local)
      .catch((fault: unknown) => this.#fail(fault))
      .finally(() => local.destroy());
    this.#work.push(work);
  }
}

/** Passes on what both say, until one of them ends. @throws Error for what cannot come from MongoDB */
function relay(local: Socket, server: Socket, guard: MongodbGuard): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('data', (chunk: Buffer) => {
      try {
        for (const message of guard.take(chunk)) local.write(message);
      } catch (thrown) {
        server.removeAllListeners('data').pause();
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    });
    // What is written to a server that has closed is a closed connection, and the client says in which step.
    const onError = (fault: NodeJS.ErrnoException): void =>
      fault.code === 'EPIPE' ? resolve() : reject(fault);
    server.on('error', onError).on('close', () => resolve());
    local.on('close', () => resolve());
    local.pipe(server);
  });
}

/**
 * The way of MongoDB's client to its server. It opens its connections itself, lets go of them late, and a message of
 * length 0 would hold it, and the director with it, for ever. So it is given a socket of ours to connect to, and what
 * comes from the server is looked at before it gets there.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import { during, excerpt } from './failure.js';
import type { TlsUpgrade } from './secure.js';
import { connected, withSocket } from './socket.js';

const HEADER_BYTES = 16;
/** An answer to hello has a kilobyte, one about a set of 50 members some 50. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** The client needs two or three: to watch, and to ask. */
const MAX_CONNECTIONS = 8;

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
  ): Promise<MongodbWay> {
    const folder = await mkdtemp(join(tmpdir(), 'lvsd-probe-'));
    const way = new MongodbWay(folder, (local, signal) =>
      withSocket(sockets.connect(target), signal, async (socket) => {
        await during('connect', connected(socket));
        if (upgrade === null) {
          await relay(local, socket);
          return;
        }
        const inTls = (work: Promise<unknown>) => during('TLS', work);
        await upgrade.over(socket, target.address, signal, (secure) => relay(local, secure), inTls);
      }),
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
function relay(local: Socket, server: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const guard = new MessageGuard();
    server.on('data', (chunk: Buffer) => {
      const fault = guard.faultOf(chunk);
      if (fault === null) local.write(chunk);
      else reject(new Error(fault));
    });
    server.on('error', reject).on('close', () => resolve());
    local.on('close', () => resolve());
    local.pipe(server);
  });
}

/** Follows the lengths of messages: 4 B little-endian each, the header's 16 B included. */
class MessageGuard {
  #start = Buffer.alloc(0);
  #leftBytes = 0;

  faultOf(chunk: Buffer): string | null {
    for (let at = 0; at < chunk.length;) {
      if (this.#leftBytes > 0) {
        const passed = Math.min(this.#leftBytes, chunk.length - at);
        this.#leftBytes -= passed;
        at += passed;
        continue;
      }
      const taken = chunk.subarray(at, at + 4 - this.#start.length);
      this.#start = Buffer.concat([this.#start, taken]);
      at += taken.length;
      if (this.#start.length < 4) return null;
      const length = this.#start.readInt32LE(0);
      if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES)
        return `this is no answer of MongoDB, got ${excerpt(Buffer.concat([this.#start, chunk.subarray(at)]))}`;
      this.#leftBytes = length - 4;
      this.#start = Buffer.alloc(0);
    }
    return null;
  }
}

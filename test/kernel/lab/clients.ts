/** Clients on hosts of the lab: who answers, in which order, and connections that are held. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { resetSocket } from '../../../src/dataplane/proxy/net/reset-socket.js';
import { parseAnswer, type Answer, type Target } from './answers.js';
import { inTime } from './deadline.js';
import type { LabHost } from './lab.js';
import { SctpEndpoint } from './sctp.js';

/** How long an answer may take. In a good network of the lab it takes a few milliseconds. */
const patienceMs = 10_000;

export interface AskOptions {
  /** The client's own address, where its host has several; default the kernel's choice. */
  readonly from?: string;
  /** UDP: the client's own port, for what is to look like one and the same client; default a new one. */
  readonly fromPort?: number;
  /** UDP: length of the question; default a few bytes. What is longer than the link takes comes in fragments. */
  readonly questionBytes?: number;
  /** Default `patienceMs`. */
  readonly timeoutMs?: number;
}

/** What a client saw. */
export interface Seen extends Answer {
  /** The client's own port: equal to `clientPort` when nobody translated it. */
  readonly localPort: number;
}

/** Nobody answered, or somebody refused: `code` is `TIMEOUT`, `ECONNREFUSED`, `EHOSTUNREACH`, ... */
export class NoAnswer extends Error {
  readonly code: string;

  constructor(code: string, { protocol, address, port }: Target, host: LabHost) {
    super(`${host.name} asks ${protocol} ${address} port ${port}: ${code}`);
    this.code = code;
  }
}

/** Asks once and closes. @throws NoAnswer */
export async function ask(client: LabHost, target: Target, options: AskOptions = {}): Promise<Seen> {
  switch (target.protocol) {
    case 'tcp': {
      const held = await hold(client, target, options);
      await held.close();
      return held.seen;
    }
    case 'udp':
      return askUdp(client, target, options);
    case 'sctp':
      return askSctp(client, target, options);
  }
}

/** Asks `count` times, one after the other. @throws NoAnswer at the first that fails */
export async function askOften(
  client: LabHost,
  target: Target,
  count: number,
  options: AskOptions = {},
): Promise<Seen[]> {
  const seen: Seen[] = [];
  while (seen.length < count) seen.push(await ask(client, target, options));
  return seen;
}

/** Asks `count` times, and gives the names of who answered, or why nobody did. Rejects for no failure of an answer. */
export async function names(
  client: LabHost,
  target: Target,
  count: number,
  options: AskOptions = {},
): Promise<string[]> {
  const answers: string[] = [];
  while (answers.length < count) {
    try {
      answers.push((await ask(client, target, options)).server);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      answers.push(error.code);
    }
  }
  return answers;
}

/** Connects by TCP, waits for the answer, and keeps the connection. @throws NoAnswer */
export async function hold(
  client: LabHost,
  target: Target,
  options: AskOptions = {},
): Promise<HeldConnection> {
  const { address: host, port } = target;
  const { from: localAddress, timeoutMs = patienceMs } = options;
  // Node makes the socket after the call, but before it looks for events
  const socket = await client.namespace.during(async () => {
    const made = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    made.on('error', () => undefined);
    await new Promise((resolve) => void setImmediate(resolve));
    return made;
  });
  try {
    const line = await inTime(timeoutMs, (signal) => readLine(socket, signal));
    return new HeldConnection(socket, { ...parseAnswer(line), localPort: socket.localPort ?? 0 });
  } catch (error) {
    socket.destroy();
    throw new NoAnswer(codeOf(error), target, client);
  }
}

/** A connection that has had its answer. */
export class HeldConnection {
  readonly seen: Seen;
  readonly socket: Socket;

  constructor(socket: Socket, seen: Seen) {
    this.socket = socket;
    this.seen = seen;
  }

  /** Sends so many bytes and waits until the server has sent them back, byte for byte. @throws Error */
  async echo(bytes: number): Promise<void> {
    const sent = Buffer.alloc(bytes, 'lvsd');
    this.socket.write(sent);
    const received = await this.#read(bytes);
    if (!received.equals(sent)) throw new Error(`${bytes} bytes came back changed`);
  }

  /** Gets so many bytes from the server for a few. @throws Error */
  async download(bytes: number): Promise<void> {
    this.socket.write(`download ${bytes}\n`);
    await this.#read(bytes);
  }

  /** Closes in order, both ways. */
  async close(): Promise<void> {
    if (this.socket.destroyed) return;
    this.socket.resume();
    this.socket.end();
    await inTime(patienceMs, (signal) => once(this.socket, 'close', { signal }));
  }

  /** Ends it by a reset, or, where the server's end was answered already, in order. */
  reset(): void {
    resetSocket(this.socket);
  }

  #read(bytes: number): Promise<Buffer> {
    return inTime(patienceMs + bytes / 50, (signal) => readBytes(this.socket, bytes, signal));
  }
}

/** Below those that the kernel gives out by itself. */
const ownPorts = { first: 10_000, last: 32_000 };
let nextPort = ownPorts.first;

/**
 * A port that no client has had yet. The director remembers UDP clients for minutes, and drops what comes
 * from one whose server is gone: a port that the kernel draws by chance would now and then be such a one.
 */
function freshPort(): number {
  const port = nextPort;
  nextPort = port === ownPorts.last ? ownPorts.first : port + 1;
  return port;
}

async function askUdp(client: LabHost, target: Target, options: AskOptions): Promise<Seen> {
  const { from, fromPort = freshPort(), questionBytes = 3, timeoutMs = patienceMs } = options;
  const socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
  try {
    await client.namespace.during(async () => {
      socket.bind(fromPort, from);
      await once(socket, 'listening');
    });
    const [line, { address, port }] = await inTime(timeoutMs, async (signal) => {
      const answer = once(socket, 'message', { signal });
      socket.send(Buffer.alloc(questionBytes, 'who'), target.port, target.address);
      return (await answer) as [Buffer, { address: string; port: number }];
    });
    // a client with a connected socket would not get it at all
    if (address !== target.address || port !== target.port)
      throw new Error(`answered by ${address} port ${port}`);
    return { ...parseAnswer(line.toString()), localPort: socket.address().port };
  } catch (error) {
    throw new NoAnswer(codeOf(error), target, client);
  } finally {
    socket.close();
  }
}

async function askSctp(client: LabHost, target: Target, options: AskOptions): Promise<Seen> {
  const { from = client.address[target.address.includes(':') ? 6 : 4], timeoutMs = patienceMs } = options;
  const endpoint = client.namespace.within(() => SctpEndpoint.open(from, freshPort()));
  try {
    const line = await inTime(
      timeoutMs,
      (signal) =>
        new Promise<string>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          endpoint.watch((message) => resolve(message.toString()));
          endpoint.send(Buffer.from('who'), target);
        }),
    );
    return { ...parseAnswer(line), localPort: endpoint.localPort };
  } catch (error) {
    throw new NoAnswer(codeOf(error), target, client);
  } finally {
    endpoint.close();
  }
}

/** The first line that comes; what comes behind it stays in the socket. */
async function readLine(socket: Socket, signal: AbortSignal): Promise<string> {
  let line = '';
  while (!line.endsWith('\n')) {
    const byte = socket.read(1) as Buffer | null;
    if (byte !== null) line += byte.toString('latin1');
    else await readable(socket, signal);
  }
  return line;
}

async function readBytes(socket: Socket, bytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let missing = bytes;
  while (missing > 0) {
    const chunk = socket.read(Math.min(missing, socket.readableLength)) as Buffer | null;
    if (chunk === null) await readable(socket, signal);
    else {
      chunks.push(chunk);
      missing -= chunk.length;
    }
  }
  return Buffer.concat(chunks);
}

/** Resolves when something can be read. @throws the socket's error, or ECONNRESET when it ended */
async function readable(socket: Socket, signal: AbortSignal): Promise<void> {
  if (socket.errored !== null) throw socket.errored;
  if (socket.readableEnded || socket.destroyed) throw Object.assign(new Error('ended'), { code: 'ENDED' });
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      socket.off('readable', done).off('close', done);
      signal.removeEventListener('abort', done);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    socket.on('readable', done).on('close', done);
    signal.addEventListener('abort', done);
  });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'TIMEOUT';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

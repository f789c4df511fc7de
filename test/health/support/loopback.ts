/** Small servers on loopback whose bytes a test decides, and probes with a real timeout. */
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { realClock } from '../../../src/base/clock.js';
import { formatDuration } from '../../../src/base/duration.js';
import type { Checker, ProbeResult } from '../../../src/health/types.js';

export interface LoopbackServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** What clients sent so far, all connections together. */
  readonly received: () => string;
  /** Resolves once no connection is open. */
  readonly idle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Unlike `once`, does not mind an error first. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

/** Listens on a free port; `serve` gets each connection (after the handshake, with TLS). */
export async function listen(
  serve: (socket: Socket) => void,
  options: { readonly host?: string; readonly tls?: TlsOptions } = {},
): Promise<LoopbackServer> {
  let accepted = 0;
  let received = '';
  const open = new Set<Socket>();
  const onConnection = (socket: Socket): void => {
    accepted++;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    serve(socket);
  };
  const server: Server =
    options.tls === undefined ? createServer(onConnection) : createTlsServer(options.tls, onConnection);
  server.listen(0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    received: () => received,
    idle: async () => {
      while (open.size > 0) await Promise.all([...open].map(closed));
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs `use` beside a server, which is closed afterwards. */
export async function withServer(
  serve: (socket: Socket) => void,
  use: (server: LoopbackServer) => Promise<void>,
  options: { readonly host?: string; readonly tls?: TlsOptions } = {},
): Promise<void> {
  const server = await listen(serve, options);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** A port of loopback on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await listen(() => undefined);
  await server.close();
  return server.port;
}

/** Probes once; aborts as the runner does, which goes on with the same signal: nobody may be left listening there. */
export async function probe(checker: Checker, timeoutMs = 5000): Promise<ProbeResult> {
  const abort = new AbortController();
  const timeOut = (): void => abort.abort(new Error(`timeout after ${formatDuration(timeoutMs)}`));
  const timer = realClock.after(timeoutMs, timeOut, { ref: true });
  try {
    return await checker.probe(abort.signal);
  } finally {
    timer.cancel();
    assert.deepEqual(getEventListeners(abort.signal, 'abort'), []);
  }
}

/** Answers the first request with these bytes and ends the connection. */
export function answering(bytes: string): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.end(bytes));
}

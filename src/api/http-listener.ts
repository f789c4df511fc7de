/** One HTTP server with its application: limits, guards, routes, and an end. How it is bound is its caller's. */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { allowedMethods, endpointAt, type Endpoint } from './endpoints.js';
import { ApiError, apiError, API_ERRORS } from './errors.js';
import type { ApiLimits } from './limits.js';
import { refuse, refuseMalformed } from './refusals.js';
import { addRoutes, type RouteContext } from './routes.js';
import { limitStall } from './streams.js';

/** What sets the read-only listener apart from the control socket. */
export interface ListenerAccess {
  /** Endpoints that this listener has. */
  readonly has: (endpoint: Endpoint) => boolean;
  /** Throws an ApiError for a request that this listener refuses, whatever it asks for. */
  readonly guard: (request: FastifyRequest) => void;
}

/** Nothing here is a page: no script, no frame, no copy in a cache. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** After this time a probe tells whether the other end of a silent TCP connection is still there. */
const TCP_PROBE_MS = 60_000;

/** One log line for all the accepts that fail within this time. */
const FAULT_SILENCE_MS = 60_000;

export class HttpListener {
  readonly server: Server;
  readonly #app: FastifyInstance;
  readonly #context: RouteContext;
  /** Connections with a request that is not answered yet. */
  readonly #busy = new WeakSet<Socket>();
  #closing = false;
  #silentUntilMs = -Infinity;

  constructor(context: RouteContext, access: ListenerAccess) {
    this.#context = context;
    this.server = createHttpServer(context.limits);
    this.server.on('error', (error) => this.#logFault(error));
    this.#app = this.#createApp(access);
  }

  /** Finishes the routes; to be awaited before `server` listens. */
  async ready(): Promise<void> {
    await this.#app.ready();
  }

  /**
   * Stops listening, ends the streams, lets answers under way finish for up to `graceMs`, then cuts them.
   *
   * Idempotent, also for a server that never listened.
   */
  async close(clock: Clock, graceMs: number): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#context.streams.endAll();
    }
    const closed = closeServer(this.server);
    const timer = clock.after(graceMs, () => this.server.closeAllConnections(), { ref: true });
    await closed;
    timer.cancel();
    await this.#app.close();
  }

  /**
   * accept(2) fails for want of memory or descriptors: no reason to end the director, and for as long as it lasts it
   * fails again at every turn. A failed listen is its caller's to tell.
   */
  #logFault(error: Error): void {
    const { clock, logger } = this.#context;
    if (!this.server.listening || clock.nowMs() < this.#silentUntilMs) return;
    this.#silentUntilMs = clock.nowMs() + FAULT_SILENCE_MS;
    logger.error({ err: error }, `accept API connection: ${error.message}`);
  }

  #createApp(access: ListenerAccess): FastifyInstance {
    const { limits, logger } = this.#context;
    const app = fastify({
      logger: false,
      bodyLimit: limits.maxBodyBytes,
      return503OnClosing: false,
      serverFactory: (handler) => this.server.on('request', handler),
      clientErrorHandler: refuseMalformed,
      // A path that cannot be decoded never reaches the hooks.
      frameworkErrors: (error, _request, reply) => {
        void refuse(reply.headers(SECURITY_HEADERS), error, logger);
      },
    });
    // JSON is the only body there is.
    app.removeContentTypeParser('text/plain');
    app.addHook('onRequest', (request, reply, done) => {
      void reply.headers(SECURITY_HEADERS);
      this.#admit(request, access);
      this.#oneAtATime(request, reply);
      done();
    });
    app.addHook('onSend', (_request, reply, payload, done) => {
      limitStall(reply.raw, limits.stallTimeoutMs);
      // A kept connection would hold up close for its idle time.
      if (this.#closing) void reply.header('connection', 'close');
      done(null, payload);
    });
    app.setErrorHandler((error, _request, reply) => refuse(reply, error, logger));
    app.setNotFoundHandler((request) => {
      throw notFound(request, access);
    });
    addRoutes(app, this.#context, access.has);
    return app;
  }

  #admit(request: FastifyRequest, access: ListenerAccess): void {
    if (this.#closing) throw apiError('ERR_API_CLOSING', 'answer request: lvsd is stopping');
    access.guard(request);
    const { maxUrlBytes } = this.#context.limits;
    if (request.url.length > maxUrlBytes)
      throw apiError(
        'ERR_API_URL_TOO_LONG',
        `read request: path and query are over ${maxUrlBytes} bytes long`,
      );
  }

  /** Node hands over all requests of a packet at once: pipelined, a thousand snapshots would be drawn side by side. */
  #oneAtATime({ socket }: FastifyRequest, reply: FastifyReply): void {
    if (this.#busy.has(socket)) {
      void reply.header('connection', 'close');
      throw apiError(
        'ERR_API_PIPELINED',
        'answer request: the one before it on this connection is not answered',
      );
    }
    this.#busy.add(socket);
    reply.raw.once('close', () => this.#busy.delete(socket));
  }
}

function createHttpServer(limits: ApiLimits): Server {
  const server = createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    keepAlive: true,
    keepAliveInitialDelay: TCP_PROBE_MS,
  });
  server.maxConnections = limits.maxConnections;
  return server;
}

/** 405 for the wrong method on a path that this listener has, else 404. */
function notFound(request: FastifyRequest, access: ListenerAccess): ApiError {
  const path = request.url.split('?', 1)[0] ?? '';
  const endpoint = endpointAt(path);
  if (endpoint === undefined) return apiError('ERR_API_NOT_FOUND', 'find path: there is no such path');
  if (!access.has(endpoint))
    return apiError('ERR_API_NOT_FOUND', `find ${path}: it is answered on the control socket only`);
  return methodError(`ask for ${path}: it does not take ${request.method}`, allowedMethods(endpoint));
}

/** A refusal with the Allow header that must go with it (RFC 9110 section 15.5.6). */
export function methodError(message: string, allow: string): ApiError {
  const code = 'ERR_API_METHOD';
  return new ApiError(message, { code, details: { status: API_ERRORS[code].status, headers: { allow } } });
}

/** Resolves when the last connection is gone; at once when the server does not listen. */
async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

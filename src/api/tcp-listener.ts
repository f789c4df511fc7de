/** The read-only listener: what it lets through, and how it is bound. */
import type { Server } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { reasonOf } from '../base/errors.js';
import { formatEndpoint } from '../base/ip.js';
import { apiError } from './errors.js';
import { hostProblem, type OwnHosts } from './host-guard.js';
import { methodError, type ListenerAccess } from './http-listener.js';
import { listening } from './listening.js';

export interface TcpAddress {
  readonly address: string;
  /** 0 = any free port. */
  readonly port: number;
}

const READING_METHODS = ['GET', 'HEAD'];

/** GETs marked for TCP, asked under a name of this listener. */
export function readOnlyAccess(own: OwnHosts): ListenerAccess {
  return {
    has: (endpoint) => endpoint.method === 'GET' && endpoint.onTcp,
    guard: (request: FastifyRequest) => {
      const problem = hostProblem(request.headers.host, own, request.socket.localAddress ?? '');
      if (problem !== null) throw apiError('ERR_API_HOST', `answer request: ${problem}`);
      if (!READING_METHODS.includes(request.method))
        throw methodError('answer request: this listener is read-only', READING_METHODS.join(', '));
    },
  };
}

/**
 * Makes `server` listen.
 *
 * @throws ApiError ERR_API_LISTEN with the system's error as cause
 */
export async function listenOnTcp(server: Server, listen: TcpAddress): Promise<void> {
  try {
    await listening(server, () => server.listen({ host: listen.address, port: listen.port }));
  } catch (cause) {
    const where = formatEndpoint(listen.address, listen.port);
    throw apiError('ERR_API_LISTEN', `listen on ${where}: ${reasonOf(cause)}`, cause);
  }
}

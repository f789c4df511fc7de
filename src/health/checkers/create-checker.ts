/** From a check in the file to the checker that carries it out. The only place that knows all kinds. */
import type { RealServer } from '../../model/real-server.js';
import type { ActiveCheck, Checker } from '../types.js';
import { HttpChecker } from './http.js';
import { TcpChecker } from './tcp.js';

/** Builds the checker of one server; the check's own port wins over the server's. */
export function createChecker(check: ActiveCheck, server: RealServer): Checker {
  const target = { address: server.address, port: check.port ?? server.port };
  switch (check.type) {
    case 'tcp':
      return new TcpChecker(target);
    case 'http':
    case 'https':
      return new HttpChecker(target, check);
  }
}

/** By which way a probe goes: the key of every type of check that connects to the service's port. */
import { choice } from '../fields.js';

const way = () =>
  choice(['server', 'vip'])
    .prefault('server')
    .describe(
      "server: to the server's own address. vip: to the service's, through this server, as clients come; kernel plane. Default: server.",
    );

export const truePath = { path: way() };

/** Where `path` is the request's. */
export const truePathOfHttp = { via: way() };

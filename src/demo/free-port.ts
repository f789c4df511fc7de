/** Finds ports that nobody uses. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DirectorError } from '../base/errors.js';

const MOST_TRIES = 100;

/**
 * The first free port from `first` on. It is free when asked: somebody may take it before the caller does.
 *
 * @throws DirectorError ERR_NO_FREE_PORT when none of a hundred is
 */
export async function freePort(host: string, first: number): Promise<number> {
  for (let port = first; port < first + MOST_TRIES && port <= 65_535; port++) {
    if (await isFree(host, port)) return port;
  }
  throw new DirectorError(`find a free port from ${first}: none of the next ${MOST_TRIES} is free`, {
    code: 'ERR_NO_FREE_PORT',
    details: { host, first },
  });
}

/** Whether a TCP port could be listened on at this moment. */
export async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    if (['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}

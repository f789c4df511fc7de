/** Waiting for a server to listen. */
import { once } from 'node:events';
import type { Server } from 'node:net';

/**
 * Calls `listen` and resolves when the server listens.
 *
 * @throws the system's error when it cannot
 */
export async function listening(server: Server, listen: () => void): Promise<void> {
  const heard = once(server, 'listening');
  listen();
  await heard;
}

/** How a PostgreSQL server is asked for TLS: eight bytes, and one comes back. */
import type { Socket } from 'node:net';
import { excerpt } from './failure.js';

/** Length 8, then the code 1234 << 16 | 5679. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Resolves when the server agrees; then it waits for the handshake.
 *
 * @throws Error when it does not, says anything else, or more: that was not the server's for certain
 * @see PostgreSQL's documentation, "SSL Session Encryption"
 */
export function requestTls(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void =>
      void socket.off('data', onData).off('error', onError).off('close', onClose).pause();
    const fail = (error: Error): void => {
      end();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      const answer = chunk.toString('latin1');
      if (answer === 'S') {
        end();
        resolve();
      } else if (answer === 'N') fail(new Error('the server does not offer it'));
      else if (answer.startsWith('S')) fail(new Error('the server sent more before it began'));
      else fail(new Error(`the server answers its request with ${excerpt(chunk)}`));
    };
    const onError = (error: Error): void => fail(error);
    const onClose = (): void => fail(new Error('connection closed'));
    socket.on('data', onData).on('error', onError).on('close', onClose);
    socket.write(SSL_REQUEST);
  });
}

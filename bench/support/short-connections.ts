/** Load for benches: connect, one small request, read to the end, close; a fixed number in flight. */
import { connect } from 'node:net';

const request = Buffer.from('GET / HTTP/1.0\r\n\r\n');

function one(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    socket.on('error', reject);
    socket.on('close', () => (received > 0 ? resolve() : reject(new Error(`no reply from port ${port}`))));
  });
}

/**
 * Makes `total` connections one after another in each of `inFlight` lanes.
 *
 * @throws Error on the first connection that fails or gets no reply
 */
export async function shortConnections(port: number, total: number, inFlight: number): Promise<void> {
  let left = total;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await one(port);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

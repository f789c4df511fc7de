/** A real server for benches: answers every connection with one small reply and closes. Prints its port. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

const reply = Buffer.from('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok');
const server = createServer({ noDelay: true }, (socket) => {
  socket.once('data', () => socket.end(reply));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', 4096, () => console.log((server.address() as AddressInfo).port));

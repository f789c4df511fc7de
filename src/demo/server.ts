/**
 * A demo server, a process of its own: answers every request with its name and a line end.
 *
 *   fork(server, [NAME, PORT])     PORT 0 = any free one; the port it got is sent to the parent
 *
 * Ends with SIGTERM, and by itself when its parent is gone.
 */
import { createServer, type RequestListener } from 'node:http';
import { realClock } from '../base/clock.js';

const HOST = '127.0.0.1';
/** Requests under way have this long to end. */
const STOP_MS = 500;

function answerWith(name: string): RequestListener {
  return (_request, response) => {
    // One request a connection: a client that keeps its connection would hide the balancing.
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
    response.end(`${name}\n`);
  };
}

function main([name = 'demo', port = '0']: readonly string[]): void {
  const server = createServer(answerWith(name));
  const stop = (): void => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    realClock.after(STOP_MS, () => process.exit(0));
  };
  server.on('error', (error) => {
    process.send?.({ error: error.message });
    process.disconnect();
  });
  server.listen({ host: HOST, port: Number(port) }, () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' ? address?.port : null });
  });
  process.on('SIGTERM', stop);
  // Ctrl-C on the terminal reaches the whole group; the demo itself decides when its servers end.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit());
}

main(process.argv.slice(2));

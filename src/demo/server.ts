/**
 * A demo server, a process of its own: answers every request with its name and a line end.
 *
 *   fork(server, [NAME, PORT])     PORT 0 = any free one; the port it got is sent to the parent
 *
 * Ends with SIGTERM, and by itself when its parent is gone.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
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

/**
 * Calls back at a moment at which nobody has come or asked for a millisecond.
 *
 * What is in the accept queue when a listener closes is reset by the system, and a client whose connect has succeeded
 * is sent nowhere else: this is the moment at which the queue is empty.
 */
function whenQuiet(server: Server, callback: () => void): void {
  let quiet = false;
  const noise = (): void => void (quiet = false);
  server.on('connection', noise).on('request', noise);
  const look = (): void => {
    if (quiet) {
      callback();
      return;
    }
    quiet = true;
    realClock.after(1, look, { ref: true });
  };
  look();
}

function main([name = 'demo', port = '0']: readonly string[]): void {
  const server = createServer(answerWith(name));
  const stop = (): void => {
    realClock.after(STOP_MS, () => process.exit(0));
    whenQuiet(server, () => server.close(() => process.exit(0)));
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
  process.on('disconnect', () => process.exit());
}

main(process.argv.slice(2));

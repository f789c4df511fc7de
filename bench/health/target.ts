/**
 * The servers of bench/health, all in one process: every address of 127.0.0.0/8 on two ports. Notes when a probe came, by the
 * address that it asked.
 *
 * Prints `{ tcp, http }`, its ports. A line on its input begins a new record; before that the old one is printed as one line:
 * by kind and address the milliseconds of each arrival, and how late this process itself was meanwhile (99th of a hundred), which is in those.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

const LOOK_MS = 5;

const reply = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
const arrivals = { tcp: new Map<string, number[]>(), http: new Map<string, number[]>() };

function note(kind: keyof typeof arrivals, { localAddress = '' }: Socket): void {
  const list = arrivals[kind].get(localAddress);
  if (list === undefined) arrivals[kind].set(localAddress, [performance.now()]);
  else list.push(performance.now());
}

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
}

const tcp = await listen((socket) => {
  note('tcp', socket);
  socket.resume();
});
const http = await listen((socket) => {
  note('http', socket);
  socket.once('data', () => socket.end(reply));
});
console.log(JSON.stringify({ tcp, http }));

const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
delay.enable();
createInterface({ input: process.stdin }).on('line', () => {
  const record = {
    tcp: Object.fromEntries(arrivals.tcp),
    http: Object.fromEntries(arrivals.http),
    lagP99Ms: Math.max(0, delay.percentile(99) / 1e6 - LOOK_MS),
  };
  console.log(JSON.stringify(record));
  for (const list of Object.values(arrivals)) list.clear();
  delay.reset();
});

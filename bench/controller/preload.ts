/**
 * Measures a real `lvsd run` from inside: `node --import preload.mjs dist/src/cli/main.js run ...`. Times what the methods of its
 * classes take, counts the netlink messages that it sends, and writes all of it to the file `$BENCH_REPORT` at SIGUSR2.
 */
import { renameSync, writeFileSync } from 'node:fs';
import type { LvsdReport, Operation } from './report.js';

const report = process.env['BENCH_REPORT'];
if (report === undefined) throw new Error('BENCH_REPORT names no file');
/** Since the process began. */
const nodeMs = performance.now();

const { FileReader } = await import('../../src/config/read-files.js');
const { InputMemory } = await import('../../src/config/inputs.js');
const { Reconciler } = await import('../../src/controller/reconciler.js');
const { StateWriter } = await import('../../src/daemon/state/state-writer.js');
const { IpvsClient } = await import('../../native/ipvs/client.js');
const { SocketTransport } = await import('../../native/netlink/socket-transport.js');
const { NETLINK_ROUTE } = await import('../../native/netlink/constants.js');

type Method = (this: object, ...args: never[]) => unknown;

interface Call {
  /** Calls the method as it was called. */
  readonly run: () => unknown;
  readonly self: object;
  readonly args: readonly unknown[];
}

/** Has every call of a method go through `around`. */
function wrap(owner: object, name: string, around: (call: Call) => unknown): void {
  const methods = owner as Record<string, Method>;
  const original = methods[name];
  if (original === undefined) throw new Error(`there is no method ${name}`);
  methods[name] = function (...args) {
    return around({ run: () => original.apply(this, args), self: this, args });
  };
}

const measured = {
  parses: [] as { beginMs: number; endMs: number }[],
  /** When a parsed configuration was whole. */
  loadedMs: [] as number[],
  start: null as LvsdReport['start'],
  reloads: [] as Operation[],
  weights: [] as Operation[],
  messages: { changing: 0, reading: 0 },
};
let netlinkMs = 0;
let stateMs = 0;
/** The last change of the table ended then, with so much of the sums above. */
let lastChange = { atMs: 0, netlinkMs: 0, stateMs: 0 };

wrap(FileReader.prototype, 'read', async ({ run }) => {
  const beginMs = performance.now();
  const result = await run();
  measured.parses.push({ beginMs, endMs: performance.now() });
  return result;
});
wrap(InputMemory.prototype, 'remember', ({ run }) => {
  measured.loadedMs.push(performance.now());
  return run();
});
wrap(StateWriter.prototype, 'save', async ({ run }) => {
  const begin = performance.now();
  await run();
  stateMs += performance.now() - begin;
});
for (const name of ['info', 'services', 'destinations', 'batch']) {
  wrap(IpvsClient.prototype, name, ({ run }) => {
    const begin = performance.now();
    const result = run();
    const atMs = performance.now();
    netlinkMs += atMs - begin;
    if (name === 'batch') lastChange = { atMs, netlinkMs, stateMs };
    return result;
  });
}
wrap(Reconciler.prototype, 'start', async ({ run }) => {
  const before = { atMs: performance.now(), netlinkMs, stateMs };
  const result = await run();
  measured.start = {
    beginMs: before.atMs,
    changedMs: lastChange.atMs,
    netlinkMs: lastChange.netlinkMs - before.netlinkMs,
    stateMs: lastChange.stateMs - before.stateMs,
  };
  return result;
});
wrap(Reconciler.prototype, 'setModel', async ({ run }) => {
  const before = measured.messages.reading;
  const result = await run();
  measured.reloads.push({
    tookMs: performance.now() - (measured.loadedMs.at(-1) ?? 0),
    reading: measured.messages.reading - before,
  });
  return result;
});
wrap(Reconciler.prototype, 'setWeight', async ({ run }) => {
  const before = measured.messages.reading;
  const begin = performance.now();
  const result = await run();
  measured.weights.push({ tookMs: performance.now() - begin, reading: measured.messages.reading - before });
  return result;
});
const protocols = new WeakMap<object, unknown>();
wrap(SocketTransport, 'open', ({ run, args }) => {
  const transport = run() as object;
  protocols.set(transport, args[0]);
  return transport;
});
wrap(SocketTransport.prototype, 'send', ({ run, self, args }) => {
  for (const message of messagesOf(args[0] as Uint8Array)) {
    const reads = protocols.get(self) === NETLINK_ROUTE ? readsRoutes(message) : readsGeneric(message);
    if (reads) measured.messages.reading++;
    else measured.messages.changing++;
  }
  return run();
});

/** Length, type, flags, sequence and port. @see netlink(7) */
const HEADER_BYTES = 16;

function* messagesOf(datagram: Uint8Array): Generator<{ type: number; command: number }> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let at = 0; at + HEADER_BYTES < datagram.length; at += (view.getUint32(at, true) + 3) & ~3)
    yield { type: view.getUint16(at + 4, true), command: view.getUint8(at + HEADER_BYTES) };
}

/** Messages of rtnetlink come in fours: new, delete, get, set. @see rtnetlink(7) */
function readsRoutes({ type }: { type: number }): boolean {
  return type % 4 === 2;
}

/** GENL_ID_CTRL asks for families; the others are IPVS_CMD_GET_SERVICE, GET_DEST, GET_DAEMON, GET_CONFIG and GET_INFO. */
function readsGeneric({ type, command }: { type: number; command: number }): boolean {
  return type === 16 || [4, 8, 11, 13, 15].includes(command);
}

process.on('SIGUSR2', () => {
  const text: LvsdReport = { nodeMs, ...measured };
  writeFileSync(`${report}.new`, JSON.stringify(text));
  renameSync(`${report}.new`, report);
});

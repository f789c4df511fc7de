/**
 * Clients that keep a few hundred connections alive through a director, each verifying every byte, and report
 * every end that they did not cause. Driven over IPC (protocol.ts).
 *
 * Lifetimes are mixed: most connections live a few seconds, some for the whole run.
 */
import { seededRandom, type SeededRandom } from '../random.js';
import { PatternClient, startSession } from './pattern-client.js';
import type { ToClients, ToTest } from './protocol.js';

const TICK_MS = 50;
const LARGEST_CHUNK = 3000;
/** Every so many-th connection stays until the end. */
const PERMANENT_EVERY = 60;

type Start = Extract<ToClients, { kind: 'start' }>;

function tell(message: ToTest): void {
  process.send?.(message);
}

function fault(what: string): void {
  tell({ kind: 'fault', what });
}

let reloads = 0;
let bytesVerified = 0;
let datagramsVerified = 0;
let opened = 0;
let finished = 0;
let finishing = false;

/** Those that are alive, with the number of reloads before they were opened. */
const alive = new Map<PatternClient, number>();

function open(port: number, random: SeededRandom): void {
  const number = opened++;
  const client = new PatternClient({
    number,
    random,
    ticks: number % PERMANENT_EVERY === 0 ? Infinity : random.int(2, 120),
    largestChunk: LARGEST_CHUNK,
    fault: (what, { localPort }) =>
      fault(`client: connection ${number} (port ${localPort ?? '?'}, ${age(client)} reloads old): ${what}`),
    verified: (bytes) => (bytesVerified += bytes),
    finished: () => (finished += 1),
  });
  alive.set(client, reloads);
  client.start('127.0.0.1', port, () => alive.delete(client));
}

function age(client: PatternClient): number {
  return reloads - (alive.get(client) ?? reloads);
}

function report(olderThan: number): void {
  const verified = [...alive.keys()].filter((client) => client.verified);
  tell({
    kind: 'report',
    alive: verified.length,
    old: verified.filter((client) => age(client) >= olderThan).length,
    opened,
    finished,
    bytesVerified,
    datagramsVerified,
  });
}

function start(options: Start): void {
  const random = seededRandom(options.seed);
  const udpTicks = Array.from({ length: options.udpSessions }, (_, session) =>
    startSession({
      address: '127.0.0.1',
      port: options.udpPort,
      lostTicks: 1000 / TICK_MS,
      fault: (what) => fault(`client: udp session ${session}: ${what}`),
      verified: () => (datagramsVerified += 1),
    }),
  );
  let owed = 0;
  const timer = setInterval(() => {
    if (finishing) {
      if (alive.size === 0) {
        clearInterval(timer);
        report(0);
      }
    } else {
      owed += (options.connectionsPerSecond * TICK_MS) / 1000;
      for (; owed >= 1; owed -= 1) open(options.tcpPort, random);
      for (const tick of udpTicks) tick();
    }
    for (const client of alive.keys()) client.tick(finishing);
  }, TICK_MS);
}

process.on('message', (message: ToClients) => {
  switch (message.kind) {
    case 'start':
      start(message);
      return;
    case 'reloaded':
      reloads += 1;
      return;
    case 'report':
      report(message.olderThan);
      return;
    case 'finish':
      finishing = true;
      return;
  }
});
process.on('disconnect', () => process.exit(0));

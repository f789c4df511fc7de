/**
 * What must hold for every datagram, however wrong: each decoder gives a value or throws CodecError, the same whatever stands
 * before and behind the datagram in memory, and writes nothing.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { IpvsClient } from '../../native/ipvs/client.js';
import { NetlinkConnection } from '../../native/netlink/connection.js';
import { CodecError, NetlinkError } from '../../native/netlink/errors.js';
import { splitDatagram, type NetlinkMessage } from '../../native/netlink/message.js';
import type { Transport } from '../../native/netlink/transport.js';
import type { SeededRandom } from '../support/random.js';
import type { Kind } from './corpus.js';
import { decoderNames, decoders, decodersOf, type DecoderName } from './decoders.js';

/** How often each decoder gave a value, and how often it refused. */
export class Tally {
  readonly #counts = new Map<string, { decoded: number; refused: number }>();

  note(name: string, refused: boolean): void {
    const counts = this.#counts.get(name) ?? { decoded: 0, refused: 0 };
    counts[refused ? 'refused' : 'decoded']++;
    this.#counts.set(name, counts);
  }

  /** By name, sorted. */
  entries(): [string, { readonly decoded: number; readonly refused: number }][] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

const guardBytes = 64;
const poisons = [0xa5, 0x5a];
/** No input is longer: samples have a few hundred bytes. */
const rooms = poisons.map((poison) => ({
  poison,
  memory: new Uint8Array(new ArrayBuffer(64 * 1024)).fill(poison),
}));

/** @throws Error when one of the rules does not hold */
export function check(datagram: Uint8Array, kind: Kind, random: SeededRandom, tally: Tally): void {
  const names = [...decodersOf[kind], random.pick(decoderNames)];
  const start = guardBytes + random.int(0, 7);
  const results = rooms.map(({ poison, memory }) => {
    const end = start + datagram.length;
    memory.set(datagram, start);
    const outcome = decodeAll(memory.subarray(start, end), names);
    assert.ok(
      memory.subarray(start, end).every((byte, index) => byte === datagram[index]),
      'a decoder wrote into the datagram',
    );
    memory.fill(poison, start, end);
    return outcome;
  });
  const [first = [], second] = results;
  if (!isDeepStrictEqual(first, second)) assert.deepEqual(first, second, 'a result depends on foreign bytes');
  for (const { name, refused } of first) tally.note(name, refused !== null);
  if (random.chance(0.1)) checkClient(datagram, random, tally);
}

interface Outcome {
  readonly name: DecoderName | 'splitDatagram';
  readonly value: unknown;
  /** Message of the CodecError. */
  readonly refused: string | null;
}

function decodeAll(datagram: Uint8Array, names: readonly DecoderName[]): Outcome[] {
  let messages: NetlinkMessage[] = [];
  const split = attempt('splitDatagram', () => {
    messages = splitDatagram(datagram);
    return messages.map(({ payload, ...header }) => ({ ...header, at: within(payload, datagram) }));
  });
  // what cannot be split is decoded all the same, as if the header had been right
  if (split.refused !== null) messages = [headless(datagram)];
  const outcomes = messages
    .slice(0, 4)
    .flatMap((message) => names.map((name) => attempt(name, () => decoders[name](message))));
  return [split, ...outcomes];
}

function headless(datagram: Uint8Array): NetlinkMessage {
  return {
    type: 20,
    flags: 0x300,
    sequence: 1,
    portId: 0,
    payload: datagram.subarray(Math.min(16, datagram.length)),
  };
}

/** Where a payload lies in its datagram. @throws AssertionError when it does not */
function within(payload: Uint8Array, datagram: Uint8Array): readonly [number, number] {
  const offset = payload.byteOffset - datagram.byteOffset;
  assert.ok(offset >= 16 && offset + payload.length <= datagram.length, 'a payload outside of its datagram');
  return [offset, payload.length];
}

function attempt(name: Outcome['name'], run: () => unknown): Outcome {
  try {
    return { name, value: run(), refused: null };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return { name, value: null, refused: error.message };
  }
}

/** A kernel that answers everything with the same bytes, once. */
function answering(datagram: Uint8Array): Transport {
  let answers: Uint8Array[] = [];
  return {
    send: () => void (answers = [datagram, datagram]),
    receive: () => answers.shift() ?? null,
    close: () => undefined,
  };
}

const server = { family: 'ipv4', address: '192.0.2.9', port: 80 } as const;
const service = { family: 'ipv4', fwmark: 1 } as const;
const questions: readonly ((client: IpvsClient) => unknown)[] = [
  (client) => client.services(),
  (client) => client.service(service),
  (client) => client.destinations(service),
  (client) => client.daemons(),
  (client) => client.info(),
  (client) => client.timeouts(),
  (client) =>
    client.batch([{ command: 'flush' }, { command: 'delete-destination', service, destination: server }]),
];

/** The whole way of an answer: the client ends, with a value or with an error of its own. */
function checkClient(datagram: Uint8Array, random: SeededRandom, tally: Tally): void {
  const connection = new NetlinkConnection(answering(datagram), { replyTimeoutMs: 0, dumpAttempts: 2 });
  const client = new IpvsClient(connection, 33);
  try {
    random.pick(questions)(client);
    tally.note('client', false);
  } catch (error) {
    if (!(error instanceof CodecError) && !(error instanceof NetlinkError)) throw error;
    tally.note('client', true);
  }
}

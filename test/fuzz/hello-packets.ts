/**
 * Hellos of our own, changed at random, and what must hold for each: it is read or dropped for a documented reason, the same
 * whatever stands before and behind it in memory; and what is read means the same when it is written again.
 */
import assert from 'node:assert/strict';
import {
  decodeHello,
  encodeHello,
  helloDropReasons,
  helloStates,
  isHello,
  isHelloDrop,
  type Hello,
  type HelloDrop,
} from '../../native/vrrp/hello.js';
import { HelloMemory } from '../../native/vrrp/hello-memory.js';
import type { ReceivedPath } from '../../native/vrrp/packet.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

/** How often each outcome came: `read`, `none of ours`, or a reason. */
export type HelloTally = Map<string, number>;

const longestPacket = 200;
const guardBytes = 32;
const poisons = [0xa5, 0x5a] as const;
const rooms = poisons.map((poison) => new Uint8Array(longestPacket + 2 * guardBytes).fill(poison));

const ipv4 = { family: 'ipv4', source: '10.9.0.1', destination: '10.9.0.2', hopLimit: 255 } as const;
const ipv6 = { family: 'ipv6', source: 'fe80::1', destination: 'fe80::2', hopLimit: 255 } as const;

/** Decodes one packet, in two memories. @throws Error with the seed when one of the rules does not hold */
export function checkHelloPacket(seed: number, tally: HelloTally): void {
  const random = seededRandom(seed);
  const path = random.pick<ReceivedPath>([ipv4, ipv6]);
  const bytes = makePacket(path, random);
  const received = random.chance(0.95) ? path : { ...path, hopLimit: random.int(0, 254) };
  try {
    const name = checkOne(bytes, received);
    tally.set(name, (tally.get(name) ?? 0) + 1);
  } catch (error) {
    throw new Error(`LVSD_TEST_SEED=${seed}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
  }
}

/** Every outcome that a packet can have must have come, or the inputs are no test of it. */
export function assertEveryHelloOutcome(tally: HelloTally): void {
  const never = ['read', 'none of ours', ...helloDropReasons].filter((name) => !tally.has(name));
  assert.deepEqual(never, []);
}

function checkOne(bytes: Uint8Array, path: ReceivedPath): string {
  const outcome = decodeTwice(bytes, path);
  if (isHelloDrop(outcome)) assert.ok(helloDropReasons.includes(outcome.drop), outcome.drop);
  else checkRead(outcome, path);
  if (!isHello(bytes)) return 'none of ours';
  return isHelloDrop(outcome) ? outcome.drop : 'read';
}

function decodeTwice(bytes: Uint8Array, path: ReceivedPath): Hello | HelloDrop {
  const [first, second] = rooms.map((room, index) => {
    const end = guardBytes + bytes.length;
    room.set(bytes, guardBytes);
    const view = room.subarray(guardBytes, end);
    const outcome = { hello: isHello(view), decoded: decodeHello(view, path) };
    assert.ok(Buffer.from(view).equals(bytes), 'the decoder wrote into the packet');
    room.fill(poisons[index]!, guardBytes, end);
    return outcome;
  });
  assert.deepEqual(first, second, 'a result depends on foreign bytes');
  return first!.decoded;
}

function checkRead(hello: Hello, path: ReceivedPath): void {
  const again = encodeHello(hello, path);
  const memory = new HelloMemory();
  assert.deepEqual(memory.decode(again, path), hello);
  assert.equal(memory.decode(again, path), memory.decode(again.slice(), path));
}

/** Up to three changes to a good one; the checksum is mostly right again, or little else would be looked at. */
function makePacket(path: ReceivedPath, random: SeededRandom): Uint8Array {
  let bytes: Uint8Array = encodeHello(makeHello(path, random), path);
  for (let changes = random.int(0, 3); changes > 0; changes--) bytes = change(bytes, random);
  bytes = bytes.slice(0, longestPacket);
  if (random.chance(0.8)) mendChecksum(bytes, path);
  return bytes;
}

function makeHello({ family }: ReceivedPath, random: SeededRandom): Hello {
  const source = random.pick([family === 'ipv4' ? '10.0.0.1' : 'fe80::77', null]);
  return {
    vrid: random.int(1, 255),
    priority: random.int(0, 255),
    state: random.pick(helloStates),
    advertiseMs: random.int(1, 0xffff) * 10,
    source,
    programmed: random.chance(0.5),
    leaving: random.chance(0.5),
    deaf: random.chance(0.5),
  };
}

function change(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.int(0, Math.max(0, bytes.length - 1));
  switch (random.int(0, 5)) {
    case 0:
      return bytes.slice(0, at);
    case 1: {
      const tail = Buffer.alloc(random.int(1, 40), random.int(0, 255));
      return Uint8Array.from(Buffer.concat([bytes, tail]));
    }
    case 2:
      // the fields that decide most
      if (bytes.length > 5)
        bytes[random.int(0, 5)] = random.pick([0, 1, 2, 4, 0x31, 0x3f, random.int(0, 255)]);
      return bytes;
    case 3:
      // no interval, which is two fields
      if (bytes.length > 13) bytes.fill(0, 12, 14);
      return bytes;
    case 4:
      if (bytes.length > at) bytes[at]! ^= 1 << random.int(0, 7);
      return bytes;
    default:
      if (bytes.length > at) bytes[at] = random.int(0, 255);
      return bytes;
  }
}

/** Writes the checksum that fits, reckoned otherwise than the decoder does: word by word, in ones' complement. */
function mendChecksum(bytes: Uint8Array, { family }: ReceivedPath): void {
  if (bytes.length < 8) return;
  bytes.fill(0, 6, 8);
  const ends =
    family === 'ipv4'
      ? [10, 9, 0, 1, 10, 9, 0, 2]
      : [0xfe, 0x80, ...zeros(13), 1, 0xfe, 0x80, ...zeros(13), 2];
  const length = [bytes.length >>> 8, bytes.length & 0xff, 0, 112];
  const all = [...ends, ...length, ...bytes, ...zeros(bytes.length % 2)];
  let sum = 0;
  for (let at = 0; at < all.length; at += 2) sum = (sum + all[at]! * 256 + all[at + 1]!) % 0xffff;
  bytes.set([(0xffff - sum) >>> 8, (0xffff - sum) & 0xff], 6);
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

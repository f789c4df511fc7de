/**
 * VRRP packets of keepalived, changed at random, and what must hold for each: it is read or dropped for a documented reason, the
 * same whatever stands before and behind it in memory; and what is read means the same when it is written again.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { AdvertisementMemory } from '../../native/vrrp/advertisement-memory.js';
import { ipv4PayloadStart } from '../../native/vrrp/ip-packet.js';
import { AdvertisementJudge, instanceDropReasons } from '../../native/vrrp/judgement.js';
import {
  decodeAdvertisement,
  encodeAdvertisement,
  isDrop,
  packetDropReasons,
  type PacketDrop,
  type ReceivedPath,
  type VrrpAdvertisement,
} from '../../native/vrrp/packet.js';
import { keepalivedAdvertisements, type RecordedAdvertisement } from '../golden/vrrp/keepalived.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

/** How often each outcome came: `read`, or a reason. */
export type VrrpTally = Map<string, number>;

const samples = keepalivedAdvertisements.filter(({ advertisement }) => advertisement !== null);

interface Packet {
  readonly bytes: Uint8Array;
  readonly path: ReceivedPath;
}

/** Behind the shortest IPv4 header. */
const longestPacket = 65_515;
const guardBytes = 32;
const poisons = [0xa5, 0x5a] as const;
const rooms = poisons.map((poison) => new Uint8Array(longestPacket + 2 * guardBytes).fill(poison));

/** Decodes one packet, in two memories. @throws Error with the seed when one of the rules does not hold */
export function checkVrrpPacket(seed: number, tally: VrrpTally): void {
  const random = seededRandom(seed);
  const packet = makePacket(random);
  try {
    const outcome = decodeTwice(packet);
    count(tally, isDrop(outcome) ? outcome.drop : 'read');
    if (isDrop(outcome)) assert.ok(packetDropReasons.includes(outcome.drop), outcome.drop);
    else checkRead(outcome, packet.path, random, tally);
    assert.ok(ipv4StartIsInside(packet.bytes), 'a header passes the end');
  } catch (error) {
    throw new Error(`LVSD_TEST_SEED=${seed}: ${Buffer.from(packet.bytes.subarray(0, 200)).toString('hex')}`, {
      cause: error,
    });
  }
}

/** Every outcome that a packet can have must have come, or the inputs are no test of it. */
export function assertEveryOutcome(tally: VrrpTally): void {
  const never = ['read', ...packetDropReasons, ...judgedReasons].filter((name) => !tally.has(name));
  assert.deepEqual(never, []);
}

/** All but those that depend on this director alone, not on the packet. */
const judgedReasons = instanceDropReasons
  .filter((reason) => !['own-packet', 'local-owner', 'unknown-peer'].includes(reason))
  .map((reason) => `judged ${reason}`);

function decodeTwice({ bytes, path }: Packet): VrrpAdvertisement | PacketDrop {
  const [first, second] = rooms.map((room, index) => {
    const end = guardBytes + bytes.length;
    room.set(bytes, guardBytes);
    const view = room.subarray(guardBytes, end);
    const outcome = decodeAdvertisement(view, path);
    assert.ok(Buffer.from(view).equals(bytes), 'the decoder wrote into the packet');
    room.fill(poisons[index]!, guardBytes, end);
    return outcome;
  });
  if (!isDeepStrictEqual(first, second)) assert.deepEqual(first, second, 'a result depends on foreign bytes');
  return first!;
}

function checkRead(
  advertisement: VrrpAdvertisement,
  path: ReceivedPath,
  random: SeededRandom,
  tally: VrrpTally,
): void {
  const again = encodeAdvertisement(advertisement, path, random.pick(['pseudo-header', 'message']));
  const memory = new AdvertisementMemory();
  assert.deepEqual(memory.decode(again, path), advertisement);
  assert.equal(memory.decode(again, path), memory.decode(again.slice(), path));
  const verdict = judgeOf(random.pick(samples)).judge(advertisement, path);
  count(tally, `judged ${verdict.drop ?? 'good'}`);
}

function judgeOf({ advertisement, path }: RecordedAdvertisement): AdvertisementJudge {
  const source = path.family === 'ipv4' ? '10.1.0.9' : 'fe80::9';
  const password = advertisement!.authentication === null ? null : 's3cret';
  return new AdvertisementJudge({ ...advertisement!, priority: 100, password, peers: [], source });
}

function ipv4StartIsInside(bytes: Uint8Array): boolean {
  const start = ipv4PayloadStart(bytes, bytes.length);
  return start === null || (start >= 20 && start <= bytes.length);
}

function count(tally: VrrpTally, name: string): void {
  tally.set(name, (tally.get(name) ?? 0) + 1);
}

/** One to three changes to one of the samples; the checksum is mostly right again, or little else would be looked at. */
function makePacket(random: SeededRandom): Packet {
  const sample = random.pick(samples);
  let bytes: Uint8Array = sample.bytes.slice();
  for (let changes = random.int(0, 3); changes > 0; changes--) bytes = change(bytes, random);
  bytes = bytes.subarray(0, longestPacket);
  const path = random.chance(0.9) ? sample.path : otherPath(sample.path, random);
  if (random.chance(0.8)) mendChecksum(bytes, path);
  return { bytes, path };
}

function otherPath(path: ReceivedPath, random: SeededRandom): ReceivedPath {
  switch (random.int(0, 2)) {
    case 0:
      return { ...path, hopLimit: random.int(0, 255) };
    case 1:
      return random.pick(samples).path;
    default:
      return { ...path, source: path.family === 'ipv4' ? '10.1.0.77' : 'fe80::77' };
  }
}

function change(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.int(0, Math.max(0, bytes.length - 1));
  switch (random.int(0, 7)) {
    case 0:
      return bytes.slice(0, at);
    case 1: {
      const tail = random.chance(0.01) ? longestPacket - bytes.length : random.int(1, 40);
      return Uint8Array.from(Buffer.concat([bytes, Buffer.alloc(Math.max(0, tail), random.int(0, 255))]));
    }
    case 2: {
      const other = random.pick(samples).bytes;
      return Uint8Array.from(
        Buffer.concat([bytes.subarray(0, at), other.subarray(random.int(0, other.length - 1))]),
      );
    }
    case 3:
      // a field of the header, which decides most
      if (bytes.length > 5)
        bytes[random.int(0, 5)] = random.pick([0, 1, 2, 3, 0x21, 0x31, 0xff, random.int(0, 255)]);
      return bytes;
    case 4:
      if (bytes.length > at) bytes[at]! ^= 1 << random.int(0, 7);
      return bytes;
    case 5:
      // no interval, which is two fields
      if (bytes.length > 5) bytes.fill(0, 4, 6);
      return bytes;
    default:
      if (bytes.length > at) bytes[at] = random.int(0, 255);
      return bytes;
  }
}

/** Writes the checksum that fits, reckoned otherwise than the decoder does: word by word, in ones' complement. */
function mendChecksum(bytes: Uint8Array, path: ReceivedPath): void {
  if (bytes.length < 8) return;
  bytes.fill(0, 6, 8);
  const covered = bytes[0]! >>> 4 === 3 && path.family === 'ipv6' ? pseudoHeader(path, bytes.length) : [];
  const all = [...covered, ...bytes, ...(bytes.length % 2 === 1 ? [0] : [])];
  let sum = 0;
  for (let at = 0; at < all.length; at += 2) sum = (sum + all[at]! * 256 + all[at + 1]!) % 0xffff;
  bytes.set([(0xffff - sum) >>> 8, (0xffff - sum) & 0xff], 6);
}

function pseudoHeader({ source, destination }: ReceivedPath, length: number): number[] {
  const words = (address: string): number[] => {
    const [head = '', tail = ''] = address.split('::');
    const groups = (text: string): number[] =>
      text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
    const [before, after] = [groups(head), groups(tail)];
    return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  };
  return [...words(source), ...words(destination), length, 112].flatMap((word) => [word >>> 8, word & 0xff]);
}

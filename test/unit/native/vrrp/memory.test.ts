import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AdvertisementMemory } from '../../../../native/vrrp/advertisement-memory.js';
import { ipv4PayloadStart } from '../../../../native/vrrp/ip-packet.js';
import { encodeAdvertisement, isDrop, type VrrpAdvertisement } from '../../../../native/vrrp/packet.js';
import { PathMemory } from '../../../../native/vrrp/path-memory.js';

const group = Uint8Array.of(224, 0, 0, 18);

describe('PathMemory', () => {
  it('gives the same object for the same path, and another for each other one', () => {
    const paths = new PathMemory('ipv4');
    const from = (last: number, hopLimit = 255, to = group): unknown =>
      paths.pathOf(Uint8Array.of(9, 10, 0, 0, last), 1, to, 0, hopLimit);
    const first = from(1);
    assert.deepEqual(first, {
      family: 'ipv4',
      source: '10.0.0.1',
      destination: '224.0.0.18',
      hopLimit: 255,
    });
    assert.equal(from(1), first);
    assert.notDeepEqual(from(2), first);
    assert.notDeepEqual(from(1, 254), first);
    assert.notDeepEqual(from(1, 255, Uint8Array.of(10, 0, 0, 9)), first);
    assert.equal(from(1), first);
  });

  it('forgets the oldest of many, and knows it again', () => {
    const paths = new PathMemory('ipv6');
    const from = (last: number): unknown => {
      const source = new Uint8Array(16).fill(last, 15);
      return paths.pathOf(source, 0, new Uint8Array(16), 0, 255);
    };
    const first = from(1);
    for (let last = 1; last <= 16; last++) from(last);
    assert.equal(from(1), first);
    for (let last = 17; last <= 200; last++) from(last);
    assert.notEqual(from(1), first);
    assert.deepEqual(from(1), first);
  });
});

describe('AdvertisementMemory', () => {
  const paths = new PathMemory('ipv4');
  const pathFrom = (last: number): ReturnType<PathMemory['pathOf']> =>
    paths.pathOf(Uint8Array.of(10, 0, 0, last), 0, group, 0, 255);
  const advertisement: VrrpAdvertisement = {
    version: 3,
    vrid: 1,
    priority: 100,
    advertiseMs: 100,
    addresses: ['10.0.0.100'],
    authentication: null,
  };

  it('gives the same object for the same bytes of the same sender', () => {
    const memory = new AdvertisementMemory();
    const path = pathFrom(1);
    const bytes = encodeAdvertisement(advertisement, path);
    const first = memory.decode(bytes, path);
    assert.deepEqual(first, advertisement);
    assert.equal(memory.decode(bytes.slice(), path), first);
  });

  it('reads again what differs in one byte, or comes from another sender', () => {
    const memory = new AdvertisementMemory();
    const path = pathFrom(1);
    const bytes = encodeAdvertisement(advertisement, path);
    memory.decode(bytes, path);
    const leaving = encodeAdvertisement({ ...advertisement, priority: 0 }, path);
    assert.deepEqual(memory.decode(leaving, path), { ...advertisement, priority: 0 });
    assert.deepEqual(memory.decode(bytes, path), advertisement);
    assert.deepEqual(memory.decode(bytes, pathFrom(2)), { drop: 'checksum' });
    assert.deepEqual(memory.decode(bytes.subarray(0, 11), path), { drop: 'incomplete' });
    bytes[2] = 101;
    assert.deepEqual(memory.decode(bytes, path), { drop: 'checksum' });
  });

  it('remembers one advertisement of each VRID', () => {
    const memory = new AdvertisementMemory();
    const path = pathFrom(1);
    const packets = [1, 2, 3].map((vrid) => encodeAdvertisement({ ...advertisement, vrid }, path));
    const first = packets.map((bytes) => memory.decode(bytes, path));
    assert.ok(!first.some(isDrop));
    packets.forEach((bytes, index) => assert.equal(memory.decode(bytes, path), first[index]));
  });
});

describe('ipv4PayloadStart', () => {
  it('counts the options in', () => {
    const packet = new Uint8Array(32);
    packet[0] = 0x45;
    assert.equal(ipv4PayloadStart(packet, 32), 20);
    packet[0] = 0x48;
    assert.equal(ipv4PayloadStart(packet, 32), 32);
    assert.equal(ipv4PayloadStart(packet, 31), null);
  });

  it('is null for what is no whole header of IPv4', () => {
    const packet = new Uint8Array(32);
    for (const first of [0x65, 0x44, 0x49, 0]) {
      packet[0] = first;
      assert.equal(ipv4PayloadStart(packet, 32), null, `${first}`);
    }
    assert.equal(ipv4PayloadStart(new Uint8Array(), 0), null);
  });
});

/** Our advertisements and those of stock keepalived for the same settings: the same bytes, and each takes the other's. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AdvertisementJudge } from '../../../../native/vrrp/judgement.js';
import {
  encodeAdvertisement,
  encodePassword,
  VRRP_GROUP,
  type PacketDropReason,
  type ReceivedPath,
  type VrrpAdvertisement,
} from '../../../../native/vrrp/packet.js';
import { listAddresses } from '../../../../native/rtnetlink/addresses.js';
import { openRtnetlink } from '../../../../native/rtnetlink/request.js';
import { VrrpSocket } from '../../../../native/vrrp/socket.js';
import { Network } from '../../../kernel/lab/network.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { until } from '../../../kernel/support/until.js';
import { skipWithout } from '../../../support/require-tool.js';
import { Capture, type SeenPacket } from './capture.js';
import { Keepalived, type KeepalivedInstance } from './keepalived.js';

interface Setting extends KeepalivedInstance {
  readonly name: string;
}

/** Addresses of our host and of keepalived's, by family. */
const own = { ipv4: '10.1.0.1', ipv6: 'fe80::a1' } as const;
const other = { ipv4: '10.1.0.2', ipv6: 'fe80::a2' } as const;
const usual = { priority: 100, advertiseMs: 1000 } as const;
const fast = { priority: 100, advertiseMs: 100 } as const;

/** One instance each, side by side. */
const settings: readonly Setting[] = [
  { name: 'version 2', version: 2, vrid: 51, ...usual, addresses: ['10.1.0.100'] },
  {
    name: 'version 2 with a password and three addresses',
    version: 2,
    vrid: 52,
    ...usual,
    priority: 254,
    password: 's3cret',
    addresses: ['10.1.0.101', '10.1.0.102', '192.0.2.1'],
  },
  {
    name: 'version 2 with a password of eight bytes, 2 s',
    version: 2,
    vrid: 53,
    priority: 1,
    advertiseMs: 2000,
    password: '12345678',
    addresses: ['10.1.0.103'],
  },
  { name: 'version 3 over IPv4', version: 3, vrid: 54, ...fast, addresses: ['10.1.0.104'] },
  {
    name: 'version 3 over IPv4 with the longest interval but one and several addresses',
    version: 3,
    vrid: 255,
    priority: 200,
    advertiseMs: 3000,
    addresses: ['10.1.0.105', '10.1.0.106', '198.51.100.7', '192.0.2.2'],
  },
  {
    name: 'version 3 over IPv6',
    version: 3,
    vrid: 56,
    ...fast,
    addresses: ['fe80::100', '2001:db8::100', 'fd00:1::100'],
  },
  {
    name: 'version 2 to a peer',
    version: 2,
    vrid: 57,
    ...usual,
    addresses: ['10.1.0.107'],
    source: other.ipv4,
    peers: [own.ipv4],
  },
  {
    name: 'version 3 over IPv4 to a peer',
    version: 3,
    vrid: 58,
    ...fast,
    addresses: ['10.1.0.108'],
    source: other.ipv4,
    peers: [own.ipv4],
  },
  {
    name: 'version 3 over IPv6 to a peer',
    version: 3,
    vrid: 59,
    ...fast,
    addresses: ['fe80::109', '2001:db8::109'],
    source: other.ipv6,
    peers: [own.ipv6],
    hopLimit: 255,
  },
];

/** With keepalived's own hop limit. */
const farAway: KeepalivedInstance = {
  version: 3,
  vrid: 60,
  ...fast,
  addresses: ['fe80::110'],
  source: other.ipv6,
  peers: [own.ipv6],
};

const familyOf = ({ addresses }: Setting): 'ipv4' | 'ipv6' => (addresses[0]!.includes(':') ? 'ipv6' : 'ipv4');

function advertisementOf(setting: Setting, priority = setting.priority): VrrpAdvertisement {
  const { version, vrid, advertiseMs, addresses, password } = setting;
  const authentication = password === undefined ? null : encodePassword(password);
  return { version, vrid, priority, advertiseMs, addresses, authentication };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What was heard of one side by a socket of ours. */
class Heard {
  readonly advertisements: { readonly advertisement: VrrpAdvertisement; readonly path: ReceivedPath }[] = [];
  readonly drops: PacketDropReason[] = [];

  onAdvertisement(advertisement: VrrpAdvertisement, path: ReceivedPath): void {
    this.advertisements.push({ advertisement, path });
  }

  onDrop(reason: PacketDropReason): void {
    this.drops.push(reason);
  }

  onFailure(error: Error): void {
    throw error;
  }

  of(vrid: number): (typeof this.advertisements)[number] | undefined {
    return this.advertisements.findLast(({ advertisement }) => advertisement.vrid === vrid);
  }
}

const missing = skipWithout('keepalived', 'apt-get install keepalived');

describe('advertisements beside keepalived', { skip: missing, timeout: 120_000 }, () => {
  let network: Network;
  let us: Namespace;
  let them: Namespace;
  let keepalived: Keepalived;
  let atUs: Capture;
  let atThem: Capture;
  const heard = new Heard();
  /** In the order in which they were opened. */
  const closing: (() => unknown)[] = [];
  const sockets = new Map<string, VrrpSocket>();

  before(() => {
    const plug = (
      addresses: readonly string[],
    ): { link: string; segment: string; addresses: readonly string[] } => ({
      link: 'eth0',
      segment: 'lan',
      addresses,
    });
    network = Network.create({
      segments: ['lan'],
      hosts: [
        { name: 'us', plugs: [plug([`${own.ipv4}/24`, `${own.ipv6}/64`])] },
        { name: 'them', plugs: [plug([`${other.ipv4}/24`, `${other.ipv6}/64`])] },
      ],
    });
    closing.push(() => network.close());
    us = network.host('us');
    them = network.host('them');
    // keepalived would choose the link-local address that the interface gives itself, now or later
    for (const host of [us, them]) {
      host.setSysctl('ipv6/conf/eth0/addr_gen_mode', 1);
      host.shell(`ip -o -6 addr show dev eth0 scope link | awk '{print $4}' | grep -v '^fe80::a' |
        while read -r address; do ip -6 addr del "$address" dev eth0; done`);
    }
    atUs = new Capture(us);
    atThem = new Capture(them);
    closing.push(
      () => atUs.close(),
      () => atThem.close(),
    );
    const { index } = us.link('eth0');
    for (const family of ['ipv4', 'ipv6'] as const) {
      const options = { family, index, group: true, source: own[family] };
      const socket = us.within(() => VrrpSocket.open(options, heard));
      closing.push(() => socket.close());
      sockets.set(family, socket);
    }
    keepalived = new Keepalived(them, [...settings, farAway]);
    closing.push(() => keepalived.end());
  });

  after(async () => {
    for (const end of closing.reverse()) await end();
  });

  const send = (setting: Setting, priority: number, checksum?: 'message'): void => {
    const family = familyOf(setting);
    const destination = setting.peers === undefined ? VRRP_GROUP[family] : other[family];
    const path = { family, source: own[family], destination };
    const bytes = encodeAdvertisement(advertisementOf(setting, priority), path, checksum);
    assert.equal(sockets.get(family)!.send(bytes, destination), null);
  };

  /** Instances whose addresses keepalived has added. */
  const activeOnes = (): readonly Setting[] => {
    const connection = them.within(() => openRtnetlink());
    try {
      const there = new Set(listAddresses(connection).map(({ address }) => address));
      return settings.filter(({ addresses }) => addresses.every((address) => there.has(address)));
    } finally {
      connection.close();
    }
  };

  const of =
    ({ vrid }: Setting, priority: number) =>
    ({ payload }: SeenPacket): boolean =>
      payload[1] === vrid && payload[2] === priority;

  for (const setting of settings) {
    const family = familyOf(setting);

    it(`of ${setting.name} are keepalived's, byte by byte`, async () => {
      const seen = await atUs.next(of(setting, setting.priority));
      assert.equal(hex(seen.payload), hex(encodeAdvertisement(advertisementOf(setting), seen)));
      const destination = setting.peers === undefined ? VRRP_GROUP[family] : own[family];
      assert.deepEqual([seen.source, seen.destination], [other[family], destination]);
    });
  }

  it('of keepalived are heard by our socket, and are as expected', async () => {
    for (const setting of settings) {
      const { advertisement, path } = await until(`one of ${setting.name}`, 20, () => heard.of(setting.vrid));
      assert.deepEqual(advertisement, advertisementOf(setting));
      assert.equal(path.hopLimit, 255);
      const family = familyOf(setting);
      const judge = new AdvertisementJudge({
        ...setting,
        password: setting.password ?? null,
        peers: [other[family]],
        source: own[family],
      });
      assert.deepEqual(judge.judge(advertisement, path), {
        drop: null,
        differs: { interval: false, addresses: false },
      });
    }
    assert.deepEqual(
      heard.drops.filter((reason) => reason !== 'hop-limit'),
      [],
    );
  });

  it('of keepalived to a peer over IPv6 are dropped unless it is told the hop limit', async () => {
    const { hopLimit } = await atUs.next(({ payload }) => payload[1] === farAway.vrid);
    assert.equal(hopLimit, 64);
    await until('a drop', 20, () => heard.drops.includes('hop-limit'));
    assert.equal(heard.of(farAway.vrid), undefined);
  });

  it('of keepalived are one object, however often they come', async () => {
    const { vrid } = settings.find(({ advertiseMs }) => advertiseMs === 100)!;
    const count = (): number =>
      heard.advertisements.filter(({ advertisement }) => advertisement.vrid === vrid).length;
    await until('five of them', 20, () => count() >= 5);
    const objects = heard.advertisements.flatMap(({ advertisement, path }) =>
      advertisement.vrid === vrid ? [advertisement, path] : [],
    );
    assert.equal(new Set(objects).size, 2);
  });

  it('of higher priority make keepalived a backup, and leaving makes it active again', async () => {
    const allAreActive = (): boolean => activeOnes().length === settings.length;
    await until('keepalived is active in all', 20, allAreActive);
    // an owner's priority wins over any that keepalived has here
    const timer = setInterval(() => settings.forEach((setting) => send(setting, 255)), 50);
    try {
      await until('keepalived is a backup in all', 20, () => activeOnes().length === 0);
    } finally {
      clearInterval(timer);
    }
    settings.forEach((setting) => send(setting, 0));
    await until('keepalived is active again in all', 20, allAreActive);
  });

  it('with a checksum over the message alone are not for keepalived, so the other one is the default', async () => {
    const setting = settings.find(({ vrid }) => vrid === 54)!;
    for (let times = 0; times < 10; times++) {
      send(setting, 255, 'message');
      atUs.clear();
      // one that had been taken would have made it silent
      await atUs.next(of(setting, setting.priority));
    }
    assert.ok(activeOnes().includes(setting));
  });

  it("travel as keepalived's do: hop limit, class of service, addresses of the link", async () => {
    for (const setting of settings) {
      atThem.clear();
      send(setting, 1);
      const ours = await atThem.next(({ payload }) => payload[1] === setting.vrid);
      const theirs = await atUs.next(of(setting, setting.priority));
      const link = (packet: SeenPacket): unknown => ({
        hopLimit: packet.hopLimit,
        trafficClass: packet.trafficClass,
        hardwareDestination: setting.peers === undefined ? packet.hardwareDestination : 'of the peer',
      });
      assert.deepEqual(link(ours), link(theirs), setting.name);
      assert.deepEqual([ours.hopLimit, ours.trafficClass], [255, 0xc0]);
      assert.equal(ours.source, own[familyOf(setting)]);
    }
  });

  it("of leaving are keepalived's, byte by byte", async () => {
    atUs.clear();
    assert.match(await keepalived.end(), /Invalid VRRPv3 checksum/);
    for (const setting of settings) {
      const seen = atUs.packets.find(of(setting, 0));
      assert.ok(seen, `${setting.name}: nothing of priority 0`);
      assert.equal(hex(seen.payload), hex(encodeAdvertisement(advertisementOf(setting, 0), seen)));
    }
  });
});

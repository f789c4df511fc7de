import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openDescriptors } from '../../../../native/libc/descriptor.js';
import type { AddressChange, AddressStep } from '../../../../src/dataplane/address-table.js';
import { NetlinkAddressTable } from '../../../../src/dataplane/addresses/netlink-address-table.js';
import { vipKey, type VipAddress } from '../../../../src/model/vip-address.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { keyOf } from '../../../support/models.js';
import { until } from '../../../kernel/support/until.js';
import {
  Capture,
  closeSegment,
  macOf,
  neighbourOf,
  onSegment,
  PATIENCE_SEC,
  resolveNeighbour,
  VIP4,
  VIP6,
} from './support.js';

const service = { key: keyOf('10.1.0.100:80'), name: 'shop' };
const vip = (address: string, name = 'eth0'): VipAddress => ({
  family: address.includes(':') ? 6 : 4,
  address,
  interface: name,
});
const add = (...args: Parameters<typeof vip>): AddressStep => ({
  kind: 'add-address',
  phase: 5,
  service,
  vip: vip(...args),
  sharing: [],
});
const remove = (...args: Parameters<typeof vip>): AddressStep => ({
  kind: 'delete-address',
  phase: 0,
  service,
  vip: vip(...args),
});

function tableOf(host: Namespace) {
  const clock = new FakeClock();
  const problems: string[] = [];
  const table = new NetlinkAddressTable({ clock, onProblem: (message) => problems.push(message) });
  /** Messages of the steps that failed. */
  const apply = async (...steps: readonly AddressStep[]): Promise<string[]> => {
    const results = await host.within(() => table.apply(steps));
    return results.flatMap((result) => (result.ok ? [] : [result.error.message]));
  };
  const list = () => host.within(() => table.list());
  return { table, clock, problems, apply, list };
}

interface Shown {
  readonly local: string;
  readonly prefixlen: number;
  readonly [flag: string]: unknown;
}

function shown(host: Namespace, address: string, device = 'eth0'): Shown | undefined {
  const links = JSON.parse(host.shell(`ip -j addr show dev ${device}`)) as { addr_info?: Shown[] }[];
  return links.flatMap(({ addr_info = [] }) => addr_info).find(({ local }) => local === address);
}

describe('NetlinkAddressTable', { timeout: 120_000 }, () => {
  after(closeSegment);

  it('adds single addresses that are good at once, and that IPv6 never takes as a source', () =>
    onSegment(async ({ first }) => {
      const { table, apply, problems } = tableOf(first);
      assert.deepEqual(await apply(add(VIP4), add(VIP6)), []);
      assert.equal(shown(first, VIP4)?.prefixlen, 32);
      const six = shown(first, VIP6);
      assert.deepEqual([six?.prefixlen, six?.['deprecated'], six?.['tentative']], [128, true, undefined]);
      const route = JSON.parse(first.shell('ip -j route get fd00:1::1')) as { prefsrc?: string }[];
      assert.equal(route[0]?.prefsrc, 'fd00:1::2');
      assert.deepEqual(problems, []);
      await table.close();
    }));

  it('takes what is there already for added, and what is gone for deleted', () =>
    onSegment(async ({ first }) => {
      const { table, apply } = tableOf(first);
      for (let time = 0; time < 2; time++) assert.deepEqual(await apply(add(VIP4), add(VIP6)), []);
      for (let time = 0; time < 2; time++) assert.deepEqual(await apply(remove(VIP4), remove(VIP6)), []);
      assert.deepEqual([shown(first, VIP4), shown(first, VIP6)], [undefined, undefined]);
      assert.deepEqual(await apply(remove(VIP4, 'eth9')), []);
      await table.close();
    }));

  it('deletes nothing but the single address', () =>
    onSegment(async ({ first }) => {
      const { table, apply } = tableOf(first);
      first.ip('address add 10.1.0.100/24 dev eth0', 'address add fd00:1::100/64 dev eth0 nodad');
      assert.deepEqual(await apply(remove(VIP4), remove(VIP6)), []);
      assert.deepEqual([shown(first, VIP4)?.prefixlen, shown(first, VIP6)?.prefixlen], [24, 64]);
      await table.close();
    }));

  it('lists the addresses of all interfaces, and which of these are up', () =>
    onSegment(async ({ first }) => {
      const { table, apply, list } = tableOf(first);
      first.ip('link add d0 type dummy', 'address add 192.0.2.7/24 dev d0');
      await apply(add(VIP6));
      const { present, up } = await list();
      for (const key of ['192.0.2.7 on d0', '10.1.0.2 on eth0', `${VIP6} on eth0`, '127.0.0.1 on lo'])
        assert.ok([...present].includes(key as never), key);
      assert.deepEqual([...up].sort(), ['eth0', 'lo']);
      await table.close();
    }));

  it('says why an address cannot be added, and goes on with the others', () =>
    onSegment(async ({ first }) => {
      const { table, apply } = tableOf(first);
      first.ip('link add d0 type dummy', 'link add d1 type dummy', 'link set d1 up');
      first.setSysctl('ipv6/conf/d1/disable_ipv6', 1);
      assert.deepEqual(await apply(add(VIP4, 'eth9'), add(VIP4, 'd0'), add(VIP6, 'd1'), add(VIP4)), [
        `add address ${VIP4} on eth9: there is no interface eth9; lvsd waits for it`,
        `add address ${VIP4} on d0: the interface is down: ip link set d0 up`,
        `add address ${VIP6} on d1: IPv6 is off on the interface: sysctl net.ipv6.conf.d1.disable_ipv6=0`,
      ]);
      assert.equal(shown(first, VIP4)?.prefixlen, 32);
      await table.close();
    }));

  it('needs no neighbours: loopback and dummy take addresses without a word', () =>
    onSegment(async ({ first }) => {
      const { table, apply, problems, clock } = tableOf(first);
      first.ip('link add d0 type dummy', 'link set d0 up');
      assert.deepEqual(await apply(add(VIP4, 'lo'), add(VIP6, 'd0')), []);
      assert.deepEqual([problems, clock.pending], [[], 0]);
      await table.close();
    }));

  it('has a client follow the address from one director to another, IPv4 and IPv6', () =>
    onSegment(async ({ client, first, second }) => {
      const [one, other] = [tableOf(first), tableOf(second)];
      await one.apply(add(VIP4), add(VIP6));
      const before = [await resolveNeighbour(client, VIP4), await resolveNeighbour(client, VIP6)];
      assert.deepEqual(before, [macOf(first), macOf(first)]);
      await one.apply(remove(VIP4), remove(VIP6));
      assert.deepEqual([neighbourOf(client, VIP4), neighbourOf(client, VIP6)], before);
      await other.apply(add(VIP4), add(VIP6));
      const after = macOf(second);
      await until(
        'the kernel has followed',
        PATIENCE_SEC,
        () => neighbourOf(client, VIP4) === after && neighbourOf(client, VIP6) === after,
      );
      await one.table.close();
      await other.table.close();
    }));

  it('does not repeat the announcement of an address that has gone', () =>
    onSegment(async ({ client, first }) => {
      const { table, clock, apply } = tableOf(first);
      const capture = new Capture(client);
      const mac = macOf(first);
      await apply(add(VIP4), add(VIP6));
      await capture.until(mac, 3);
      await apply(remove(VIP4));
      capture.clear();
      clock.advance(60_000);
      assert.ok((await capture.until(mac, 2)).every((frame) => frame.startsWith('3333')));
      await table.close();
      capture.close();
    }));

  it('says that it is a router where the interface forwards', () =>
    onSegment(async ({ client, first }) => {
      const { table, apply } = tableOf(first);
      const capture = new Capture(client);
      first.setSysctl('ipv6/conf/eth0/forwarding', 1);
      await apply(add(VIP6));
      const [frame = ''] = await capture.until(macOf(first), 1);
      assert.equal(frame.slice(116, 118), 'a0');
      await table.close();
      capture.close();
    }));

  it('announces again when the cable is put in: nobody has heard of it before', () =>
    onSegment(async ({ network, client, first }) => {
      const { table, apply, clock, problems } = tableOf(first);
      first.within(() => table.watch(() => undefined));
      network.setCable('first', 'eth0', 'down');
      await until(
        'the kernel has followed',
        PATIENCE_SEC,
        () => !first.shell('cat /sys/class/net/eth0/carrier 2>/dev/null || echo 0').includes('1'),
      );
      assert.deepEqual(await apply(add(VIP4)), []);
      clock.advance(60_000);
      const capture = new Capture(client);
      network.setCable('first', 'eth0', 'up');
      assert.equal((await capture.until(macOf(first), 2)).length, 2);
      assert.deepEqual(problems, []);
      await table.close();
      capture.close();
    }));

  it('tells of addresses that go and interfaces that come, until it is closed', () =>
    onSegment(async ({ first }) => {
      const descriptors = openDescriptors();
      const { table, apply } = tableOf(first);
      const changes: AddressChange[] = [];
      first.within(() => table.watch((change) => changes.push(change)));
      await apply(add(VIP4), add(VIP6));
      const seen = (wanted: (change: AddressChange) => boolean) =>
        until('the kernel has followed', PATIENCE_SEC, () => changes.some(wanted));
      const gone = (address: string) => (change: AddressChange) =>
        change.kind === 'address-gone' && change.vip === vipKey(vip(address));
      const up = (name: string) => (change: AddressChange) =>
        change.kind === 'interface-up' && change.interface === name;
      first.ip(`address delete ${VIP4}/32 dev eth0`);
      await seen(gone(VIP4));
      // the kernel takes IPv6 addresses with the link, and leaves those of IPv4
      first.ip('link set eth0 down');
      await seen(gone(VIP6));
      assert.deepEqual(changes.filter(up('eth0')), []);
      first.ip('link set eth0 up');
      await seen(up('eth0'));
      first.ip('link add d0 type dummy');
      first.ip('link set d0 up');
      await seen(up('d0'));
      first.ip('link set d0 down', 'link set d0 name d1', 'link set d1 up');
      await seen(up('d1'));
      await table.close();
      await table.close();
      assert.equal(openDescriptors(), descriptors);
    }));
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { NetlinkConnection } from '../../../../native/netlink/connection.js';
import {
  addAddress,
  deleteAddress,
  listAddresses,
  replaceAddress,
} from '../../../../native/rtnetlink/addresses.js';
import {
  IFA_F_DEPRECATED,
  IFA_F_NODAD,
  IFA_F_NOPREFIXROUTE,
  IFA_F_PERMANENT,
  IFA_F_SECONDARY,
  IFA_F_TENTATIVE,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
} from '../../../../native/rtnetlink/constants.js';
import type { AddressConfig, InterfaceAddress } from '../../../../native/rtnetlink/types.js';
import { assertRefused, dummy, indexOf, inNetwork, ip, ipBatch, shown, type Shown } from './support.js';

const scopes: Readonly<Record<string, number>> = {
  global: RT_SCOPE_UNIVERSE,
  link: RT_SCOPE_LINK,
  host: RT_SCOPE_HOST,
};

/** What ip(8) shows of the same address, in our words; lifetimes aside, which run. */
function fromIp(index: number, info: Shown): unknown {
  const flag = (name: string): boolean => info[name] === true;
  return {
    family: info['family'] === 'inet' ? 'ipv4' : 'ipv6',
    index,
    address: info['local'],
    prefixLength: info['prefixlen'],
    peer: info['address'] ?? null,
    broadcast: info['broadcast'] ?? null,
    label: info['label'] ?? null,
    scope: scopes[info['scope'] as string],
    secondary: flag('secondary') || flag('temporary'),
    deprecated: flag('deprecated'),
    tentative: flag('tentative'),
    noDad: flag('nodad'),
    noPrefixRoute: flag('noprefixroute'),
    forEver: info['valid_life_time'] === 2 ** 32 - 1,
  };
}

function inSameWords({ flags, preferredSec: _, validSec, ...address }: InterfaceAddress): unknown {
  return {
    ...address,
    secondary: (flags & IFA_F_SECONDARY) !== 0,
    deprecated: (flags & IFA_F_DEPRECATED) !== 0,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    noDad: (flags & IFA_F_NODAD) !== 0,
    noPrefixRoute: (flags & IFA_F_NOPREFIXROUTE) !== 0,
    forEver: validSec === null,
  };
}

function assertAsShown(connection: NetlinkConnection): void {
  const expected = shown('addr').flatMap((link) =>
    (link['addr_info'] as Shown[]).map((info) => fromIp(link['ifindex'] as number, info)),
  );
  const order = (entries: unknown[]): string[] =>
    entries.map((entry) => JSON.stringify(sorted(entry))).sort();
  assert.deepEqual(order(listAddresses(connection).map(inSameWords)), order(expected));
}

function sorted(entry: unknown): unknown {
  return Object.fromEntries(Object.entries(entry as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('listAddresses', () => {
  it('lists what ip(8) made as ip(8) shows it', () =>
    inNetwork((connection) => {
      ipBatch(
        'link add d0 type dummy',
        'link add d1 type dummy',
        'link set d0 up',
        'addr add 10.1.0.1/24 broadcast 10.1.0.255 dev d0 label d0:first',
        'addr add 10.1.0.2/24 dev d0',
        'addr add 10.2.0.1 peer 10.2.0.9 dev d0',
        'addr add 10.3.0.1/32 dev d0 scope link valid_lft 600 preferred_lft 300',
        'addr add 10.4.0.1/32 dev d1 scope host noprefixroute',
        'addr add fd00::1/64 dev d0 nodad',
        'addr add fd00::2/128 dev d0 nodad preferred_lft 0',
        'addr add fd01::1 peer fd01::2/64 dev d0 nodad',
        'addr add fd02::1/64 dev d1 valid_lft 600 preferred_lft 300 noprefixroute',
      );
      assertAsShown(connection);
      assert.ok(listAddresses(connection).length >= 12);
      const d1 = indexOf(connection, 'd1');
      assert.deepEqual(
        listAddresses(connection, { family: 'ipv4', index: d1 }).map(({ address }) => address),
        ['10.4.0.1'],
      );
      assert.deepEqual(listAddresses(connection, { index: 4711 }), []);
    }));

  it('lists a thousand', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      const addresses = Array.from({ length: 1000 }, (_, n) => `10.5.${n >> 8}.${n & 255}`);
      for (const address of addresses) addAddress(connection, { index, address, prefixLength: 32 });
      assert.deepEqual(
        listAddresses(connection, { index, family: 'ipv4' }).map(({ address }) => address),
        addresses,
      );
    }));
});

describe('addAddress and deleteAddress', () => {
  it('make and take away every kind of address', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      const configs: readonly AddressConfig[] = [
        { index, address: '10.1.0.1', prefixLength: 24, broadcast: '10.1.0.255', label: 'd0:vip' },
        { index, address: '10.1.0.2', prefixLength: 24 },
        { index, address: '10.2.0.1', prefixLength: 32, peer: '10.2.0.9' },
        { index, address: '10.3.0.1', prefixLength: 32, scope: RT_SCOPE_LINK, validSec: 600 },
        { index, address: '10.4.0.1', prefixLength: 24, noPrefixRoute: true, preferredSec: 0 },
        { index, address: 'fd00::1', prefixLength: 64, noDad: true },
        { index, address: 'fd00::2', prefixLength: 128, noDad: true, preferredSec: 0 },
        { index, address: 'fd01::1', prefixLength: 64, noDad: true, peer: 'fd01::2' },
        { index, address: 'fd02::1', prefixLength: 64, noDad: true, noPrefixRoute: true, validSec: 600 },
      ];
      for (const config of configs) addAddress(connection, config);
      assertAsShown(connection);
      const own = listAddresses(connection, { index });
      const byAddress = new Map(own.map((address) => [address.address, address]));
      assert.equal(byAddress.get('10.1.0.1')?.label, 'd0:vip');
      assert.equal(byAddress.get('10.2.0.1')?.peer, '10.2.0.9');
      assert.equal(byAddress.get('10.3.0.1')?.validSec, 600);
      assert.equal(byAddress.get('10.3.0.1')?.preferredSec, 600);
      assert.equal(byAddress.get('fd00::2')?.preferredSec, 0);
      for (const address of ['10.4.0.1', 'fd00::2'])
        assert.ok(byAddress.get(address)!.flags & IFA_F_DEPRECATED, address);
      const routes = ip('route', 'show', 'table', 'all');
      assert.ok(routes.includes('10.1.0.0/24') && !routes.includes('10.4.0.0/24'), routes);
      assertRefused(
        () => deleteAddress(connection, { index, address: '10.2.0.1', prefixLength: 32 }),
        'EADDRNOTAVAIL',
        'ERR_RTNETLINK_ADDRESS_UNKNOWN',
      );
      // a secondary address goes with the first one of its subnet
      for (const address of own.filter(({ flags }) => (flags & IFA_F_SECONDARY) === 0)) {
        deleteAddress(connection, address);
      }
      assert.deepEqual(listAddresses(connection, { index }), []);
    }));

  it('make an IPv6 address that is tentative until duplicate detection has ended', () =>
    inNetwork((connection) => {
      ipBatch('link add v0 type veth peer name v1', 'link set v0 up', 'link set v1 up');
      const index = indexOf(connection, 'v0');
      addAddress(connection, { index, address: 'fd00::1', prefixLength: 64 });
      addAddress(connection, { index, address: 'fd00::2', prefixLength: 64, noDad: true });
      const flagsOf = (address: string): number =>
        listAddresses(connection, { index }).find((entry) => entry.address === address)!.flags;
      assert.ok(flagsOf('fd00::1') & IFA_F_TENTATIVE);
      assert.ok(!(flagsOf('fd00::2') & IFA_F_TENTATIVE));
    }));

  it('give EEXIST and change nothing where replaceAddress changes flags and lifetimes', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      for (const key of [
        { index, address: '10.9.0.100', prefixLength: 32 },
        { index, address: 'fd00::100', prefixLength: 128, noDad: true },
      ]) {
        addAddress(connection, key);
        const again = { ...key, preferredSec: 0 };
        const deprecated = (): boolean =>
          (listAddresses(connection, { index }).find(({ address }) => address === key.address)!.flags &
            IFA_F_DEPRECATED) !==
          0;
        assertRefused(() => addAddress(connection, again), 'EEXIST', 'ERR_RTNETLINK_ADDRESS_EXISTS');
        assert.equal(deprecated(), false);
        replaceAddress(connection, again);
        assert.equal(deprecated(), true);
      }
      replaceAddress(connection, { index, address: '10.9.0.101', prefixLength: 32 });
      assertAsShown(connection);
    }));
});

describe('replaceAddress', () => {
  type Comparable = Omit<InterfaceAddress, 'preferredSec' | 'validSec'> & { readonly forEver: boolean };

  function only(connection: NetlinkConnection, index: number, address: string): Comparable {
    const found = listAddresses(connection, { index }).filter((entry) => entry.address === address);
    assert.equal(found.length, 1);
    const { preferredSec: _, validSec, ...rest } = found[0]!;
    return { ...rest, forEver: validSec === null };
  }

  it('changes of an IPv4 address the lifetimes alone', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      const key = { index, address: '10.9.0.100', prefixLength: 24 };
      addAddress(connection, { ...key, label: 'd0:vip', broadcast: '10.9.0.255' });
      const before = only(connection, index, key.address);
      const other = { label: 'd0:other', broadcast: '10.9.0.127', scope: RT_SCOPE_LINK, noPrefixRoute: true };
      replaceAddress(connection, { ...key, ...other, validSec: 600 });
      assert.equal(before.flags, IFA_F_PERMANENT);
      assert.deepEqual(only(connection, index, key.address), { ...before, flags: 0, forEver: false });
      replaceAddress(connection, { ...key, prefixLength: 25 });
      const lengths = listAddresses(connection, { index, family: 'ipv4' }).map((entry) => entry.prefixLength);
      assert.deepEqual(lengths, [24, 25]);
    }));

  it('changes of an IPv6 address the lifetimes, the flags and the peer, but not the prefix length', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      const key = { index, address: 'fd00::100', prefixLength: 64 };
      addAddress(connection, { ...key, noDad: true });
      const before = only(connection, index, key.address);
      replaceAddress(connection, { ...key, prefixLength: 80, noPrefixRoute: true, validSec: 600 });
      const flags = IFA_F_NOPREFIXROUTE;
      assert.equal(before.flags, IFA_F_PERMANENT | IFA_F_NODAD);
      assert.deepEqual(only(connection, index, key.address), { ...before, flags, forEver: false });
      replaceAddress(connection, { ...key, peer: 'fd00::9' });
      assert.deepEqual(only(connection, index, key.address), {
        ...before,
        flags: IFA_F_PERMANENT,
        peer: 'fd00::9',
      });
      replaceAddress(connection, key);
      assert.equal(only(connection, index, key.address).peer, 'fd00::9');
    }));
});

describe('what the kernel refuses', () => {
  const refusals = (
    index: number,
  ): readonly (readonly [name: string, config: AddressConfig, errno: string, code: string])[] => {
    const ipv4 = { index, address: '10.8.0.1', prefixLength: 32 };
    const ipv6 = { index, address: 'fd00::8', prefixLength: 64, noDad: true };
    return [
      ['no such interface', { ...ipv4, index: 4711 }, 'ENODEV', 'LINK_UNKNOWN'],
      ['no such interface, IPv6', { ...ipv6, index: 4711 }, 'ENODEV', 'LINK_UNKNOWN'],
      ['a prefix length above 32', { ...ipv4, prefixLength: 33 }, 'EINVAL', 'INVALID'],
      ['a prefix length above 128', { ...ipv6, prefixLength: 129 }, 'EINVAL', 'INVALID'],
      ['preferred for longer than valid', { ...ipv4, preferredSec: 60, validSec: 30 }, 'EINVAL', 'INVALID'],
      [
        'preferred for longer than valid, IPv6',
        { ...ipv6, preferredSec: 60, validSec: 30 },
        'EINVAL',
        'INVALID',
      ],
      ['valid for no time', { ...ipv4, preferredSec: 0, validSec: 0 }, 'EINVAL', 'INVALID'],
      [
        'another scope in the same subnet',
        { ...ipv4, address: '10.7.0.2', prefixLength: 24 },
        'EINVAL',
        'INVALID',
      ],
      ['a label of 16 bytes', { ...ipv4, label: 'd0:0123456789abc' }, 'ERANGE', 'INVALID'],
      ['an IPv6 multicast address', { ...ipv6, address: 'ff02::8' }, 'EADDRNOTAVAIL', 'INVALID'],
    ];
  };

  it('has the errno of the kernel and a code that says what it means', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      addAddress(connection, { index, address: '10.7.0.1', prefixLength: 24, scope: RT_SCOPE_LINK });
      const before = listAddresses(connection).length;
      for (const [name, config, errno, code] of refusals(index)) {
        try {
          assertRefused(() => addAddress(connection, config), errno, `ERR_RTNETLINK_${code}` as never);
        } catch (error) {
          assert.fail(`${name}: ${String(error)}`);
        }
      }
      assert.equal(listAddresses(connection).length, before);
    }));

  it('is an address that is not there, or not with this prefix length, to delete', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      const keys = [
        { index, address: '10.9.0.100', prefixLength: 32 },
        { index, address: 'fd00::100', prefixLength: 128, noDad: true },
      ];
      for (const key of keys) {
        const unknown = (prefixLength = key.prefixLength): void =>
          assertRefused(
            () => deleteAddress(connection, { ...key, prefixLength }),
            'EADDRNOTAVAIL',
            'ERR_RTNETLINK_ADDRESS_UNKNOWN',
          );
        unknown();
        addAddress(connection, key);
        unknown(24);
        deleteAddress(connection, key);
        unknown();
        assertRefused(
          () => deleteAddress(connection, { ...key, index: 4711 }),
          'ENODEV',
          'ERR_RTNETLINK_LINK_UNKNOWN',
        );
      }
    }));

  it('is IPv6 on an interface where it is switched off, or too small for it', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      const key = { index, address: 'fd00::1', prefixLength: 64 };
      writeFileSync('/proc/sys/net/ipv6/conf/d0/disable_ipv6', '1');
      assertRefused(() => addAddress(connection, key), 'EACCES', 'ERR_RTNETLINK_IPV6_DISABLED');
      assertRefused(() => replaceAddress(connection, key), 'EACCES', 'ERR_RTNETLINK_IPV6_DISABLED');
      ip('link', 'set', 'd0', 'mtu', '1000');
      assertRefused(() => deleteAddress(connection, key), 'ENXIO', 'ERR_RTNETLINK_ADDRESS_UNKNOWN');
    }));

  it('is any change without privilege, but no list', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      process.seteuid!(65534);
      try {
        const key = { index, address: '10.9.0.100', prefixLength: 32 };
        assertRefused(() => addAddress(connection, key), 'EPERM', 'ERR_RTNETLINK_PERMISSION');
        assertRefused(() => deleteAddress(connection, key), 'EPERM', 'ERR_RTNETLINK_PERMISSION');
        assert.ok(listAddresses(connection).length > 0);
      } finally {
        process.seteuid!(0);
      }
    }));
});

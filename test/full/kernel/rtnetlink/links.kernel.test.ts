import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetlinkConnection } from '../../../../native/netlink/connection.js';
import {
  createLink,
  deleteLink,
  linkByIndex,
  linkByName,
  listLinks,
  setLinkState,
} from '../../../../native/rtnetlink/links.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import { assertRefused, dummy, indexOf, inNetwork, ip, ipBatch, shown, type Shown } from './support.js';

const hardwareTypes: Readonly<Record<string, number>> = { ether: 1, ipip: 768, loopback: 772 };

function assertAsShown(connection: NetlinkConnection): void {
  const links = shown('-d', 'link');
  const indexByName = new Map(links.map((link) => [link['ifname'], link['ifindex']]));
  const expected = links.map((link) => {
    const flags = link['flags'] as string[];
    const info = link['linkinfo'] as Shown | undefined;
    return {
      index: link['ifindex'],
      name: link['ifname'],
      hardwareType: hardwareTypes[link['link_type'] as string],
      up: flags.includes('UP'),
      lowerUp: flags.includes('LOWER_UP'),
      operState: (link['operstate'] as string).toLowerCase(),
      mtu: link['mtu'],
      hardwareAddress: link['link_type'] === 'ether' ? link['address'] : null,
      kind: info?.['info_kind'] ?? null,
      master: indexByName.get(link['master']) ?? null,
      lower: indexByName.get(link['link']) ?? null,
    };
  });
  assert.deepEqual(listLinks(connection).map(inSameWords), expected);
}

function inSameWords({ flags, carrier: _, ...link }: Link): unknown {
  const ethernet = link.hardwareType === 1;
  return {
    ...link,
    lowerUp: (flags & 0x10000) !== 0,
    operState: link.operState.replaceAll('-', ''),
    hardwareAddress: ethernet ? link.hardwareAddress : null,
  };
}

describe('listLinks', () => {
  it('lists links of every kind and state as ip(8) shows them', () =>
    inNetwork((connection) => {
      ipBatch(
        'link add d0 address 02:00:00:00:00:0a mtu 1400 type dummy',
        'link set d0 up',
        'link add v0 type veth peer name v1',
        'link set v0 up',
        'link add br0 type bridge',
        'link set v1 master br0',
        'link set br0 up',
        'link add t0 type ipip local 10.0.0.1 remote 10.0.0.2',
      );
      assertAsShown(connection);
      assert.equal(linkByName(connection, 'd0')?.hardwareAddress, '02:00:00:00:00:0a');
      assert.equal(linkByName(connection, 't0')?.hardwareAddress, '0a:00:00:01');
      assert.equal(linkByName(connection, 'v1')?.master, indexOf(connection, 'br0'));
      assert.equal(linkByName(connection, 'v0')?.carrier, false);
      setLinkState(connection, indexOf(connection, 'v1'), 'up');
      assert.equal(linkByName(connection, 'v0')?.carrier, true);
      assertAsShown(connection);
    }));

  it('lists two hundred', () =>
    inNetwork((connection) => {
      for (let number = 0; number < 200; number++)
        createLink(connection, { kind: 'dummy', name: `d${number}` });
      assert.equal(listLinks(connection).filter(({ kind }) => kind === 'dummy').length, 200);
    }));
});

describe('linkByName and linkByIndex', () => {
  it('find a link by name, alternative name and index, or null', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      ip('link', 'property', 'add', 'dev', 'd0', 'altname', 'a-name-longer-than-fifteen-bytes');
      const link = linkByIndex(connection, index);
      assert.equal(link?.name, 'd0');
      assert.deepEqual(linkByName(connection, 'd0'), link);
      assert.deepEqual(linkByName(connection, 'a-name-longer-than-fifteen-bytes'), link);
      for (const name of ['d1', 'd', 'D0', 'no-such-name-longer-than-fifteen-bytes'])
        assert.equal(linkByName(connection, name), null, name);
      assert.equal(linkByIndex(connection, 4711), null);
    }));
});

describe('createLink, setLinkState and deleteLink', () => {
  it('make each kind, set it up and down, and delete it', () =>
    inNetwork((connection) => {
      const before = listLinks(connection).length;
      createLink(connection, { kind: 'dummy', name: 'd0' });
      createLink(connection, { kind: 'veth', name: 'v0', peerName: 'v1' });
      createLink(connection, { kind: 'ipip', name: 't0', local: '10.0.0.1', remote: '10.0.0.2' });
      createLink(connection, { kind: 'ipip', name: 't1', remote: '10.0.0.3' });
      const tunnel = shown('-d', 'link', 'show', 't0')[0]!['linkinfo'] as { info_data: Shown };
      assert.deepEqual([tunnel.info_data['local'], tunnel.info_data['remote']], ['10.0.0.1', '10.0.0.2']);
      for (const name of ['d0', 'v0', 'v1', 't0', 't1']) {
        const index = indexOf(connection, name);
        assert.equal(linkByIndex(connection, index)?.up, false);
        setLinkState(connection, index, 'up');
        assert.equal(linkByIndex(connection, index)?.up, true);
        setLinkState(connection, index, 'up');
        setLinkState(connection, index, 'down');
        assert.equal(linkByIndex(connection, index)?.up, false);
      }
      assertAsShown(connection);
      for (const name of ['d0', 'v1', 't0', 't1']) deleteLink(connection, indexOf(connection, name));
      assert.equal(listLinks(connection).length, before);
    }));

  it('are refused in words that tell the cases apart', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      assertRefused(
        () => createLink(connection, { kind: 'veth', name: 'd0', peerName: 'v1' }),
        'EEXIST',
        'ERR_RTNETLINK_LINK_EXISTS',
      );
      assertRefused(
        () => createLink(connection, { kind: 'dummy', name: 'a/b' }),
        'EINVAL',
        'ERR_RTNETLINK_INVALID',
      );
      assertRefused(() => deleteLink(connection, 1), 'EOPNOTSUPP', 'ERR_RTNETLINK_UNSUPPORTED');
      deleteLink(connection, index);
      assertRefused(() => deleteLink(connection, index), 'ENODEV', 'ERR_RTNETLINK_LINK_UNKNOWN');
      assertRefused(() => setLinkState(connection, index, 'up'), 'ENODEV', 'ERR_RTNETLINK_LINK_UNKNOWN');
      process.seteuid!(65534);
      try {
        assertRefused(
          () => createLink(connection, { kind: 'dummy', name: 'd1' }),
          'EPERM',
          'ERR_RTNETLINK_PERMISSION',
        );
        assertRefused(() => setLinkState(connection, 1, 'down'), 'EPERM', 'ERR_RTNETLINK_PERMISSION');
        assertRefused(() => deleteLink(connection, 1), 'EPERM', 'ERR_RTNETLINK_PERMISSION');
        assert.ok(listLinks(connection).length > 0);
      } finally {
        process.seteuid!(0);
      }
    }));
});

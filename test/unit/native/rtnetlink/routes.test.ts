import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import {
  addRoute,
  deleteRoute,
  deleteSavedRoute,
  listRoutes,
  prependRoute,
  restoreRoute,
  saveRoutes,
} from '../../../../native/rtnetlink/routes.js';
import { ack, done, entry, refuse, ScriptedKernel } from '../../../support/scripted-kernel.js';
import { concat, hex, hexOf, hostIsLittleEndian } from '../../../support/scripted-messages.js';
import { kernelRoute, multipathRoute, viaIpv6Route } from './recorded.js';

const RTM_NEWROUTE = 24;
const skip = hostIsLittleEndian ? false : 'the bytes are those of a little-endian machine';

function connect(...script: ConstructorParameters<typeof ScriptedKernel>[0]): {
  kernel: ScriptedKernel;
  connection: NetlinkConnection;
} {
  const kernel = new ScriptedKernel(script);
  return { kernel, connection: new NetlinkConnection(kernel) };
}

function listed(...payloads: readonly Uint8Array[]): ReturnType<typeof listRoutes> {
  const { connection } = connect([payloads.map((bytes) => entry(RTM_NEWROUTE, bytes)), done()]);
  return listRoutes(connection);
}

function assertSent(act: (connection: NetlinkConnection) => void, expected: string): void {
  const { kernel, connection } = connect([ack]);
  act(connection);
  assert.equal(hexOf(kernel.sent[0]!.bytes), hexOf(hex(expected)));
}

describe('listRoutes', { skip }, () => {
  it('decodes what the kernel sent', () => {
    const main = { family: 'ipv4', preferredSource: null, metric: 0, table: 254, type: 1 };
    assert.deepEqual(listed(kernelRoute, multipathRoute, viaIpv6Route), [
      {
        ...main,
        destination: '10.7.0.2',
        prefixLength: 32,
        nextHops: [{ gateway: null, index: 3 }],
        preferredSource: '10.7.0.1',
        protocol: 2,
        scope: 253,
      },
      {
        ...main,
        destination: '10.60.0.0',
        prefixLength: 16,
        nextHops: [
          { gateway: '10.8.0.7', index: 3 },
          { gateway: '10.8.0.8', index: 3 },
        ],
        protocol: 3,
        scope: 0,
      },
      {
        ...main,
        destination: '10.61.0.0',
        prefixLength: 16,
        nextHops: [{ gateway: 'fe80::9', index: 3 }],
        protocol: 3,
        scope: 0,
      },
    ]);
  });

  it('finds the next hop behind the padding of the one before', () => {
    const route = hex(`
      02 10 00 00 fe 03 00 01 00000000
      1c00 0900                     ; RTA_MULTIPATH
        0d00 00 00 03000000         ;   13 bytes, interface 3
          0500 6300 ff 000000       ;     an attribute of one byte that nobody knows
        0800 00 00 04000000         ;   8 bytes, interface 4`);
    assert.deepEqual(listed(route)[0]?.nextHops, [
      { gateway: null, index: 3 },
      { gateway: null, index: 4 },
    ]);
  });

  it('gives a default route its destination, and one that leads nowhere no next hop', () => {
    const unreachable = hex('0a 00 00 00 fe 03 00 07 00000000  0800 0600 00040000');
    assert.deepEqual(listed(unreachable), [
      {
        family: 'ipv6',
        destination: '::',
        prefixLength: 0,
        nextHops: [],
        preferredSource: null,
        metric: 1024,
        table: 254,
        protocol: 3,
        scope: 0,
        type: 7,
      },
    ]);
  });

  it('leaves out copies for one flow and families that are not IP', () => {
    const cloned = hex('0a 80 00 00 fe 02 00 01 00020000  0800 0400 03000000');
    const mpls = hex('1c 14 00 00 fe 03 00 01 00000000');
    assert.deepEqual(listed(cloned, mpls), []);
  });

  it('gives the main table, another, or all', () => {
    const inTable = (rtmTable: string, table: string): Uint8Array =>
      hex(`02 00 00 00 ${rtmTable} 03 00 01 00000000  0800 0400 03000000 ${table}`);
    const old = inTable('ff', '');
    const large = inTable('00', '0800 0f00 e8030000');
    const routes = [kernelRoute, old, large].map((bytes) => entry(RTM_NEWROUTE, bytes));
    const tables = (table?: number | null): number[] => {
      const { connection } = connect([routes, done()]);
      return listRoutes(connection, table === undefined ? {} : { table }).map((route) => route.table);
    };
    assert.deepEqual(tables(), [254]);
    assert.deepEqual(tables(255), [255]);
    assert.deepEqual(tables(1000), [1000]);
    assert.deepEqual(tables(null), [254, 255, 1000]);
  });

  it('asks for one family', () => {
    const { kernel, connection } = connect([done()]);
    listRoutes(connection, { family: 'ipv6' });
    assert.equal(
      hexOf(kernel.sent[0]!.bytes),
      hexOf(hex('1c000000 1a00 0103 01000000 00000000  0a 00 00 00 00 00 00 00 00000000')),
    );
  });

  for (const [name, bytes] of [
    ['a header cut short', kernelRoute.slice(0, 11)],
    [
      'a destination of another family',
      concat(kernelRoute, hex('1400 0100 fd000000000000000000000000000100')),
    ],
    ['a next hop cut short', hex('02 10 00 00 fe 03 00 01 00000000  0a00 0900 1000 10 01 0300 0000')],
    [
      'a next hop longer than there is',
      hex('02 10 00 00 fe 03 00 01 00000000  0c00 0900 1000 10 01 03000000'),
    ],
    ['a next hop without length', hex('02 10 00 00 fe 03 00 01 00000000  0c00 0900 0000 10 01 03000000')],
    [
      'a gateway of another family cut short',
      hex('02 10 00 00 fe 03 00 01 00000000  0a00 1200 0a00 fe80 0000 0000'),
    ],
  ] as const)
    it(`refuses ${name}`, () => {
      assert.throws(() => listed(bytes), CodecError);
    });
});

describe('addRoute', { skip }, () => {
  it('sends a route over a gateway', () =>
    assertSent(
      (connection) =>
        addRoute(connection, {
          destination: '10.50.0.0',
          prefixLength: 16,
          gateway: '10.8.0.9',
          index: 3,
          preferredSource: '10.8.0.1',
          metric: 5,
        }),
      `4c000000 1800 0506 01000000 00000000   ; RTM_NEWROUTE, REQUEST ACK CREATE EXCL
       02 10 00 00 fe 04 00 01 00000000       ; AF_INET, /16, table main, static, scope global, unicast
       0800 0100 0a320000                     ; RTA_DST
       0800 0500 0a080009                     ; RTA_GATEWAY
       0800 0400 03000000                     ; RTA_OIF
       0800 0700 0a080001                     ; RTA_PREFSRC
       0800 0600 05000000                     ; RTA_PRIORITY
       0800 0f00 fe000000                     ; RTA_TABLE`,
    ));

  it('sends a default route to a link into a table past 255', () =>
    assertSent(
      (connection) => addRoute(connection, { destination: '::', prefixLength: 0, index: 3, table: 1000 }),
      `2c000000 1800 0506 01000000 00000000
       0a 00 00 00 00 04 fd 01 00000000       ; AF_INET6, /0, table in RTA_TABLE, static, scope link, unicast
       0800 0400 03000000                     ; RTA_OIF
       0800 0f00 e8030000                     ; RTA_TABLE 1000`,
    ));

  it('says which route was refused', () => {
    const { connection } = connect([refuse(101, { text: 'Nexthop has invalid gateway' })]);
    const route = { destination: '10.51.0.0', prefixLength: 16, gateway: '172.16.0.1', index: 3 };
    assert.throws(() => addRoute(connection, route), {
      code: 'ERR_RTNETLINK_GATEWAY_UNREACHABLE',
      message:
        'add route 10.51.0.0/16 via 172.16.0.1 on interface 3: ENETUNREACH, Nexthop has invalid gateway',
    });
  });

  it('sends nothing for a gateway of the other family', () => {
    const { kernel, connection } = connect();
    const route = { destination: '10.51.0.0', prefixLength: 16, gateway: 'fe80::1' };
    assert.throws(() => addRoute(connection, route), { code: 'ERR_RTNETLINK_INVALID' });
    assert.equal(kernel.sent.length, 0);
  });
});

describe('deleteRoute', { skip }, () => {
  it('asks for a unicast route of any maker and scope', () =>
    assertSent(
      (connection) => deleteRoute(connection, { destination: '10.50.0.0', prefixLength: 16 }),
      `2c000000 1900 0500 01000000 00000000   ; RTM_DELROUTE, REQUEST ACK
       02 10 00 00 fe 00 ff 01 00000000
       0800 0100 0a320000
       0800 0f00 fe000000`,
    ));
});

describe('a destination with bits past its prefix', { skip }, () => {
  const cases: readonly (readonly [destination: string, prefixLength: number])[] = [
    ['10.0.0.5', 0],
    ['128.0.0.0', 0],
    ['10.0.0.5', 24],
    ['10.0.0.1', 31],
    ['fd00::5', 0],
    ['::1', 0],
    ['fd00::5', 64],
    ['fd00:0:0:0:8000::', 64],
    ['::1', 127],
  ];
  for (const [destination, prefixLength] of cases)
    it(`is neither added nor deleted: ${destination}/${prefixLength}`, () => {
      for (const act of [addRoute, deleteRoute]) {
        const { kernel, connection } = connect();
        assert.throws(() => act(connection, { destination, prefixLength, index: 3 }), {
          code: 'ERR_RTNETLINK_INVALID',
          message: new RegExp(`without bits past its prefix of ${prefixLength}, got ${destination}`),
        });
        assert.equal(kernel.sent.length, 0);
      }
    });

  for (const [destination, prefixLength] of [
    ['0.0.0.0', 0],
    ['128.0.0.0', 1],
    ['10.0.0.5', 32],
    ['::', 0],
    ['fd00:0:0:8000::', 49],
    ['fd00::5', 128],
    // past what the family has: the kernel's business
    ['10.0.0.5', 33],
  ] as const)
    it(`is not ${destination}/${prefixLength}`, () => {
      const { kernel, connection } = connect([ack]);
      deleteRoute(connection, { destination, prefixLength });
      assert.equal(kernel.sent.length, 1);
    });
});

describe('saveRoutes', { skip }, () => {
  /** A route as the kernel lists it, and as it wants it back. */
  function savedAs(listedBytes: string): string {
    const { connection } = connect([[entry(RTM_NEWROUTE, hex(listedBytes))], done()]);
    const [saved] = saveRoutes(connection);
    return hexOf(saved!.bytes);
  }

  it('keeps metrics, gateway and protocol, and drops the age and what its state is', () => {
    const kept = `
      0800 0f00 fe000000              ; RTA_TABLE
      0c00 0800 0800 0200 78050000    ; RTA_METRICS: mtu 1400
      0800 0500 0a000001              ; RTA_GATEWAY
      0800 0400 03000000              ; RTA_OIF`;
    const listedBytes = `
      02 00 00 00 fe 10 00 01 15400000 ; dhcp; dead, onlink, no carrier, offloaded
      ${kept}
      0c00 0c00 0000000000000000       ; RTA_CACHEINFO`;
    assert.equal(savedAs(listedBytes), hexOf(hex(`02 00 00 00 fe 10 00 01 04000000 ${kept}`)));
  });

  it('keeps several next hops without the state of each', () => {
    const hops = (flags: string): string => `
      02 00 00 00 fe 03 00 01 00000000
      2400 0900                        ; RTA_MULTIPATH
        1000 ${flags} 00 03000000 0800 0500 0a000001
        1000 00 01 04000000 0800 0500 0a000002`;
    assert.equal(savedAs(hops('15')), hexOf(hex(hops('04'))));
  });

  it('leaves out copies for one flow and families that are not IP', () => {
    const cloned = hex('0a 80 00 00 fe 02 00 01 00020000  0800 0400 03000000');
    const mpls = hex('1c 14 00 00 fe 03 00 01 00000000');
    const { connection } = connect([[cloned, mpls].map((bytes) => entry(RTM_NEWROUTE, bytes)), done()]);
    assert.deepEqual(saveRoutes(connection), []);
  });

  it('filters by table as listRoutes does', () => {
    const { connection } = connect([[entry(RTM_NEWROUTE, hex('02 00 00 00 0a 03 00 01 00000000'))], done()]);
    assert.deepEqual(saveRoutes(connection), []);
  });

  it('gives the bytes back to the kernel, behind the routes of the same metric', () => {
    const bytes = hex('02 00 00 00 fe 10 00 01 04000000 0800 0500 0a000001');
    const { kernel, connection } = connect([[entry(RTM_NEWROUTE, bytes)], done()], [ack], [ack]);
    const [saved] = saveRoutes(connection);
    restoreRoute(connection, saved!);
    deleteSavedRoute(connection, saved!);
    const [, restored, deleted] = kernel.sent.map(({ messages }) => messages[0]!);
    assert.deepEqual([hexOf(restored!.payload), hexOf(deleted!.payload)], [hexOf(bytes), hexOf(bytes)]);
    assert.deepEqual([restored!.type, restored!.flags], [RTM_NEWROUTE, 0x0c05]);
    assert.equal(deleted!.type, 25);
  });
});

describe('prependRoute', { skip }, () => {
  it('creates, and minds no other route', () => {
    const { kernel, connection } = connect([ack]);
    prependRoute(connection, { destination: '0.0.0.0', prefixLength: 0, gateway: '10.0.0.1' });
    assert.equal(kernel.sent[0]!.messages[0]!.flags, 0x0405);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError, NetlinkError } from '../../../../native/netlink/errors.js';
import {
  addAddress,
  deleteAddress,
  listAddresses,
  replaceAddress,
} from '../../../../native/rtnetlink/addresses.js';
import { RtnetlinkError, rtnetlinkErrorCode } from '../../../../native/rtnetlink/errors.js';
import type { AddressConfig } from '../../../../native/rtnetlink/types.js';
import {
  ack,
  done,
  entry,
  overrun,
  refuse,
  ScriptedKernel,
  type Step,
} from '../../../support/scripted-kernel.js';
import { hex, hexOf, hostIsLittleEndian } from '../../../support/scripted-messages.js';
import { deprecatedIpv6, labelledIpv4, peerIpv4, peerIpv6 } from './recorded.js';

const RTM_NEWADDR = 20;
const skip = hostIsLittleEndian ? false : 'the bytes are those of a little-endian machine';

function connect(...script: readonly Step[]): { kernel: ScriptedKernel; connection: NetlinkConnection } {
  const kernel = new ScriptedKernel(script);
  return { kernel, connection: new NetlinkConnection(kernel) };
}

/** What was sent, as hexadecimal digits. */
function sentBy(act: (connection: NetlinkConnection) => void): string {
  const { kernel, connection } = connect([ack]);
  act(connection);
  assert.equal(kernel.unused, 0);
  return hexOf(kernel.sent[0]!.bytes);
}

function assertSent(act: (connection: NetlinkConnection) => void, expected: string): void {
  assert.equal(sentBy(act), hexOf(hex(expected)));
}

function errorOf(act: () => unknown): RtnetlinkError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof RtnetlinkError, String(error));
    return error;
  }
  return assert.fail('it was done');
}

const vip: AddressConfig = { index: 3, address: '10.9.0.100', prefixLength: 32 };

describe('addAddress', { skip }, () => {
  it('sends an IPv4 address with nothing beside it', () =>
    assertSent(
      (connection) => addAddress(connection, vip),
      `28000000 1400 0506 01000000 00000000   ; RTM_NEWADDR, REQUEST ACK CREATE EXCL, sequence 1
       02 20 00 00 03000000                   ; AF_INET, /32, no flags, scope global, interface 3
       0800 0200 0a090064                     ; IFA_LOCAL
       0800 0100 0a090064                     ; IFA_ADDRESS`,
    ));

  it('sends everything that an IPv4 address can have', () =>
    assertSent(
      (connection) =>
        addAddress(connection, {
          ...vip,
          prefixLength: 24,
          peer: '10.9.0.1',
          broadcast: '10.9.0.255',
          label: 'd0:vip',
          scope: 253,
          noPrefixRoute: true,
          preferredSec: 10,
          validSec: 60,
        }),
      `58000000 1400 0506 01000000 00000000
       02 18 00 fd 03000000                   ; /24, flags above 255 only, scope link
       0800 0200 0a090064                     ; IFA_LOCAL
       0800 0100 0a090001                     ; IFA_ADDRESS, the peer
       0800 0400 0a0900ff                     ; IFA_BROADCAST
       0b00 0300 64303a766970 00 00           ; IFA_LABEL "d0:vip"
       0800 0800 00020000                     ; IFA_FLAGS noprefixroute
       1400 0600 0a000000 3c000000 00000000 00000000   ; IFA_CACHEINFO`,
    ));

  it('sends a deprecated IPv6 address that is usable at once', () =>
    assertSent(
      (connection) =>
        addAddress(connection, {
          index: 3,
          address: 'fd00::100',
          prefixLength: 128,
          noDad: true,
          preferredSec: 0,
        }),
      `5c000000 1400 0506 01000000 00000000
       0a 80 02 00 03000000                   ; AF_INET6, /128, nodad
       1400 0200 fd000000000000000000000000000100      ; IFA_LOCAL
       1400 0100 fd000000000000000000000000000100      ; IFA_ADDRESS
       0800 0800 02000000                     ; IFA_FLAGS nodad
       1400 0600 00000000 ffffffff 00000000 00000000   ; IFA_CACHEINFO, valid without end`,
    ));

  it('prefers an address no longer than it is valid', () => {
    const sent = sentBy((connection) => addAddress(connection, { ...vip, validSec: 60 }));
    assert.match(sent, /140006003c0000003c0000000000000000000000$/);
    assert.doesNotMatch(
      sentBy((connection) => addAddress(connection, { ...vip, validSec: null, preferredSec: null })),
      /14000600/,
    );
  });

  const wrong: readonly (readonly [name: string, config: AddressConfig, what: string])[] = [
    ['no address', { ...vip, address: 'eth0' }, 'IFA_LOCAL'],
    ['a peer of the other family', { ...vip, peer: '::1' }, 'address'],
    ['a prefix length past a byte', { ...vip, prefixLength: 256 }, 'ifa_prefixlen'],
    ['a negative index', { ...vip, index: -1 }, 'ifa_index'],
    ['a broken second', { ...vip, validSec: 0.5 }, 'IFA_CACHEINFO preferred'],
    ['a label with NUL', { ...vip, label: 'd0\0' }, 'IFA_LABEL'],
  ];
  for (const [name, config, what] of wrong)
    it(`sends nothing for ${name}`, () => {
      const { kernel, connection } = connect();
      const error = errorOf(() => addAddress(connection, config));
      assert.equal(error.code, 'ERR_RTNETLINK_INVALID');
      assert.equal(error.details.errno, null);
      assert.ok(error.cause instanceof CodecError);
      assert.equal(error.cause.details.what, what);
      assert.equal(kernel.sent.length, 0);
    });
});

describe('replaceAddress', { skip }, () => {
  it('asks for CREATE and REPLACE', () =>
    assert.match(
      sentBy((connection) => replaceAddress(connection, vip)),
      /^2800000014000505/,
    ));
});

describe('deleteAddress', { skip }, () => {
  it('sends the key alone, whatever else the object has', () =>
    assertSent(
      (connection) => deleteAddress(connection, { ...vip, label: 'x', noDad: true } as AddressConfig),
      `28000000 1500 0500 01000000 00000000   ; RTM_DELADDR, REQUEST ACK
       02 20 00 00 03000000
       0800 0200 0a090064
       0800 0100 0a090064`,
    ));

  it('sends the peer, by which the kernel knows a point-to-point address', () =>
    assertSent(
      (connection) =>
        deleteAddress(connection, { index: 3, address: '10.7.0.1', prefixLength: 32, peer: '10.7.0.2' }),
      `28000000 1500 0500 01000000 00000000
       02 20 00 00 03000000
       0800 0200 0a070001                     ; IFA_LOCAL
       0800 0100 0a070002                     ; IFA_ADDRESS`,
    ));
});

describe('listAddresses', { skip }, () => {
  const all = [labelledIpv4, peerIpv4, deprecatedIpv6, peerIpv6].map((bytes) => entry(RTM_NEWADDR, bytes));

  it('decodes what the kernel sent', () => {
    const { kernel, connection } = connect([all, done()]);
    const none = { peer: null, broadcast: null, label: null, scope: 0, preferredSec: null, validSec: null };
    assert.deepEqual(listAddresses(connection), [
      {
        ...none,
        family: 'ipv4',
        index: 3,
        address: '10.8.0.1',
        prefixLength: 24,
        broadcast: '10.8.0.255',
        label: 'd0:vip',
        scope: 253,
        flags: 0,
        preferredSec: 50,
        validSec: 50,
      },
      {
        ...none,
        family: 'ipv4',
        index: 3,
        address: '10.7.0.1',
        prefixLength: 32,
        peer: '10.7.0.2',
        label: 'd0',
        flags: 0x80,
      },
      {
        ...none,
        family: 'ipv6',
        index: 3,
        address: 'fd00::100',
        prefixLength: 128,
        flags: 0xa2,
        preferredSec: 0,
      },
      {
        ...none,
        family: 'ipv6',
        index: 3,
        address: 'fd00::7',
        prefixLength: 64,
        peer: 'fd00::8',
        flags: 0xc0,
      },
    ]);
    assert.equal(
      hexOf(kernel.sent[0]!.bytes),
      hexOf(hex('18000000 1600 0103 01000000 00000000  00 00 00 00 00000000')),
    );
  });

  it('asks for one family, and picks one interface', () => {
    const { kernel, connection } = connect([all, done()], [all, done()]);
    assert.equal(listAddresses(connection, { family: 'ipv6', index: 4 }).length, 0);
    assert.equal(listAddresses(connection, { family: 'ipv4', index: 3 }).length, 4);
    assert.deepEqual(
      kernel.requests.map(({ payload }) => payload[0]),
      [10, 2],
    );
  });

  it('takes the flags of the header from kernels that send no others, and leaves other families out', () => {
    const old = hex('02 20 81 00 03000000  0800 0200 0a070001');
    const decnet = hex('0c 10 80 00 03000000  0600 0100 0104 0000');
    const { connection } = connect([[entry(RTM_NEWADDR, decnet), entry(RTM_NEWADDR, old)], done()]);
    assert.deepEqual(
      listAddresses(connection).map(({ address, peer, flags }) => ({ address, peer, flags })),
      [{ address: '10.7.0.1', peer: null, flags: 0x81 }],
    );
  });

  const malformed: readonly (readonly [name: string, bytes: string])[] = [
    ['a header cut short', '02 20 80 00 0300'],
    ['nothing', ''],
    ['no address', '02 20 80 00 03000000  0800 0800 80000000'],
    ['an IPv4 address of 16 bytes', '02 20 80 00 03000000  1400 0200 fd000000000000000000000000000007'],
    ['an IPv6 address of 4 bytes', '0a 20 80 00 03000000  0800 0100 0a070001'],
    ['lifetimes cut short', '02 20 80 00 03000000  0800 0200 0a070001 0c00 0600 ffffffff ffffffff'],
    ['an attribute past the end', '02 20 80 00 03000000  0900 0200 0a070001'],
  ];
  for (const [name, bytes] of malformed)
    it(`refuses ${name}`, () => {
      const { connection } = connect([[entry(RTM_NEWADDR, hex(bytes))], done()]);
      assert.throws(() => listAddresses(connection), CodecError);
    });
});

describe('RtnetlinkError', () => {
  it('says what was refused, why, and in whose words', () => {
    const { connection } = connect([refuse(17, { text: 'ipv4: Address already assigned' })]);
    const error = errorOf(() => addAddress(connection, vip));
    assert.equal(error.name, 'RtnetlinkError');
    assert.equal(error.operation, 'add-address');
    assert.equal(error.code, 'ERR_RTNETLINK_ADDRESS_EXISTS');
    assert.equal(
      error.message,
      'add address 10.9.0.100/32 on interface 3: EEXIST, ipv4: Address already assigned',
    );
    assert.equal(error.details.errno, 'EEXIST');
    assert.equal(error.details.extackText, 'ipv4: Address already assigned');
    assert.ok(error.cause instanceof NetlinkError);
    assert.equal(error.cause.code, 'ERR_NETLINK_REPLY');
  });

  it('says that nobody knows whether it was done', () => {
    for (const script of [[overrun()], []]) {
      const { connection } = connect(script);
      const error = errorOf(() => addAddress(connection, vip));
      assert.equal(error.code, 'ERR_RTNETLINK_UNKNOWN_OUTCOME');
      assert.equal(error.details.errno, null);
      assert.match(error.message, /^add address 10\.9\.0\.100\/32 on interface 3: /);
    }
  });

  const meanings: readonly (readonly [Parameters<typeof rtnetlinkErrorCode>[0], string, string])[] = [
    ['add-address', 'EEXIST', 'ADDRESS_EXISTS'],
    ['add-address', 'ENODEV', 'LINK_UNKNOWN'],
    ['add-address', 'EINVAL', 'INVALID'],
    ['add-address', 'EACCES', 'IPV6_DISABLED'],
    ['add-address', 'EADDRNOTAVAIL', 'INVALID'],
    ['add-address', 'EPERM', 'PERMISSION'],
    ['add-address', 'ENOBUFS', 'REFUSED'],
    ['replace-address', 'EACCES', 'IPV6_DISABLED'],
    ['delete-address', 'EADDRNOTAVAIL', 'ADDRESS_UNKNOWN'],
    ['delete-address', 'ENXIO', 'ADDRESS_UNKNOWN'],
    ['delete-address', 'ENODEV', 'LINK_UNKNOWN'],
    ['create-link', 'EEXIST', 'LINK_EXISTS'],
    ['create-link', 'EOPNOTSUPP', 'UNSUPPORTED'],
    ['set-link', 'ENODEV', 'LINK_UNKNOWN'],
    ['set-link', 'EACCES', 'REFUSED'],
    ['add-route', 'EEXIST', 'ROUTE_EXISTS'],
    ['add-route', 'EACCES', 'IPV6_DISABLED'],
    ['add-route', 'ENETUNREACH', 'GATEWAY_UNREACHABLE'],
    ['add-route', 'EHOSTUNREACH', 'GATEWAY_UNREACHABLE'],
    ['add-route', 'ENETDOWN', 'GATEWAY_UNREACHABLE'],
    ['delete-route', 'ESRCH', 'ROUTE_UNKNOWN'],
    ['list-routes', 'ESRCH', 'REFUSED'],
    ['list-addresses', 'EAFNOSUPPORT', 'UNSUPPORTED'],
  ];
  for (const [operation, errno, meaning] of meanings)
    it(`calls ${errno} of ${operation} ${meaning}`, () =>
      assert.equal(rtnetlinkErrorCode(operation, errno), `ERR_RTNETLINK_${meaning}`));
});

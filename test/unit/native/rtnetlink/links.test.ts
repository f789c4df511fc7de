import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import {
  createLink,
  deleteLink,
  linkByIndex,
  linkByName,
  listLinks,
  setLinkState,
} from '../../../../native/rtnetlink/links.js';
import type { LinkConfig } from '../../../../native/rtnetlink/types.js';
import { ack, done, entry, refuse, reply, ScriptedKernel } from '../../../support/scripted-kernel.js';
import {
  attribute,
  concat,
  hex,
  hexOf,
  hostIsLittleEndian,
  text,
} from '../../../support/scripted-messages.js';
import { vethLink } from './recorded.js';

const RTM_NEWLINK = 16;
const skip = hostIsLittleEndian ? false : 'the bytes are those of a little-endian machine';

const ENODEV = 19;

function connect(...script: ConstructorParameters<typeof ScriptedKernel>[0]): {
  kernel: ScriptedKernel;
  connection: NetlinkConnection;
} {
  const kernel = new ScriptedKernel(script);
  return { kernel, connection: new NetlinkConnection(kernel) };
}

function assertSent(act: (connection: NetlinkConnection) => void, expected: string): void {
  const { kernel, connection } = connect([ack]);
  act(connection);
  assert.equal(hexOf(kernel.sent[0]!.bytes), hexOf(hex(expected)));
}

const veth = {
  index: 3,
  name: 'd0',
  hardwareType: 1,
  flags: 0x1003,
  up: true,
  carrier: false,
  operState: 'lower-layer-down',
  mtu: 1500,
  hardwareAddress: 'a6:de:91:3a:25:cd',
  kind: 'veth',
  master: null,
  lower: 2,
};

describe('listLinks', { skip }, () => {
  it('decodes what the kernel sent, and asks for no statistics', () => {
    const { kernel, connection } = connect([[entry(RTM_NEWLINK, vethLink)], done()]);
    assert.deepEqual(listLinks(connection), [veth]);
    assert.equal(
      hexOf(kernel.sent[0]!.bytes),
      hexOf(
        hex(`28000000 1200 0103 01000000 00000000   ; RTM_GETLINK, REQUEST DUMP
             00 00 0000 00000000 00000000 00000000
             0800 1d00 08000000                     ; IFLA_EXT_MASK skip statistics`),
      ),
    );
  });

  it('reads a port of a bridge, and what a driver does not tell', () => {
    const bytes = hex(`
      00 00 0403 01000000 48000000 00000000   ; ARPHRD_LOOPBACK, index 1, LOOPBACK RUNNING
      0700 0300 6c6f00 00                     ; IFLA_IFNAME "lo"
      0800 0a00 09000000                      ; IFLA_MASTER 9
      0500 1000 2a 000000                     ; IFLA_OPERSTATE 42, which no kernel has yet
      0400 0100                               ; IFLA_ADDRESS, empty`);
    const { connection } = connect([[entry(RTM_NEWLINK, bytes)], done()]);
    assert.deepEqual(listLinks(connection), [
      {
        index: 1,
        name: 'lo',
        hardwareType: 772,
        flags: 0x48,
        up: false,
        carrier: null,
        operState: 'unknown',
        mtu: 0,
        hardwareAddress: null,
        kind: null,
        master: 9,
        lower: null,
      },
    ]);
  });

  it('tells what a link is on, but not by the numbers of another namespace', () => {
    const vlan = (...attributes: string[]) =>
      hex(`
      00 00 0100 05000000 00000000 00000000   ; index 5
      0700 0300 763000 00                     ; IFLA_IFNAME "v0"
      0800 0500 04000000                      ; IFLA_LINK 4
      ${attributes.join('\n')}`);
    const { connection } = connect([
      [entry(RTM_NEWLINK, vlan()), entry(RTM_NEWLINK, vlan('0800 2500 00000000'))], // IFLA_LINK_NETNSID 0
      done(),
    ]);
    assert.deepEqual(
      listLinks(connection).map(({ lower }) => lower),
      [4, null],
    );
  });

  it('leaves out what describes no link', () => {
    const bridgePort = concat(hex('07'), vethLink.slice(1));
    const wireless = vethLink.slice(0, 16);
    const { connection } = connect([[entry(RTM_NEWLINK, bridgePort), entry(RTM_NEWLINK, wireless)], done()]);
    assert.deepEqual(listLinks(connection), []);
  });

  for (const [name, bytes] of [
    ['a header cut short', vethLink.slice(0, 15)],
    ['an MTU of two bytes', concat(vethLink, hex('0600 0400 dc05 0000'))],
    ['a kind past the end of its nest', concat(vethLink, hex('0800 1200 0900 0100'))],
  ] as const)
    it(`refuses ${name}`, () => {
      const { connection } = connect([[entry(RTM_NEWLINK, bytes)], done()]);
      assert.throws(() => listLinks(connection), CodecError);
    });
});

describe('linkByName and linkByIndex', { skip }, () => {
  it('ask for one link', () => {
    const answer = [reply(RTM_NEWLINK, vethLink), ack];
    const { kernel, connection } = connect(answer, answer);
    assert.deepEqual(linkByName(connection, 'd0'), veth);
    assert.deepEqual(linkByIndex(connection, 3), veth);
    assert.deepEqual(
      kernel.sent.map(({ bytes }) => hexOf(bytes)),
      [
        hexOf(
          hex(`30000000 1200 0500 01000000 00000000  00 00 0000 00000000 00000000 00000000
               0700 0300 643000 00                   ; IFLA_IFNAME "d0"
               0800 1d00 08000000`),
        ),
        hexOf(
          hex(`28000000 1200 0500 02000000 00000000  00 00 0000 03000000 00000000 00000000
               0800 1d00 08000000`),
        ),
      ],
    );
  });

  it('ask for a long name as an alternative one', () => {
    const { kernel, connection } = connect([reply(RTM_NEWLINK, vethLink), ack]);
    linkByName(connection, 'enx00e04c680001-very-long');
    const expected = attribute(53, text('enx00e04c680001-very-long'));
    assert.ok(hexOf(kernel.sent[0]!.bytes).includes(hexOf(expected)));
  });

  it('give null where there is none', () => {
    const { connection } = connect([refuse(ENODEV)], [refuse(ENODEV)]);
    assert.equal(linkByName(connection, 'd9'), null);
    assert.equal(linkByIndex(connection, 9), null);
  });

  it('give other refusals as errors', () => {
    const { connection } = connect([refuse(22)]);
    assert.throws(() => linkByIndex(connection, 0), {
      code: 'ERR_RTNETLINK_INVALID',
      message: 'get link of interface 0: EINVAL',
    });
  });
});

describe('setLinkState', { skip }, () => {
  it('changes IFF_UP and no other flag', () => {
    assertSent(
      (connection) => setLinkState(connection, 3, 'up'),
      '20000000 1000 0500 01000000 00000000  00 00 0000 03000000 01000000 01000000',
    );
    assertSent(
      (connection) => setLinkState(connection, 3, 'down'),
      '20000000 1000 0500 01000000 00000000  00 00 0000 03000000 00000000 01000000',
    );
  });

  it('names the link that is not there', () => {
    const { connection } = connect([refuse(ENODEV)]);
    assert.throws(() => setLinkState(connection, 9, 'up'), {
      code: 'ERR_RTNETLINK_LINK_UNKNOWN',
      message: 'set link of interface 9 up: ENODEV',
    });
  });
});

describe('createLink', { skip }, () => {
  it('sends a dummy', () =>
    assertSent(
      (connection) => createLink(connection, { kind: 'dummy', name: 'd0' }),
      `38000000 1000 0506 01000000 00000000   ; RTM_NEWLINK, REQUEST ACK CREATE EXCL
       00 00 0000 00000000 00000000 00000000
       0700 0300 643000 00                    ; IFLA_IFNAME "d0"
       1000 1200                              ; IFLA_LINKINFO
         0a00 0100 64756d6d7900 0000          ;   IFLA_INFO_KIND "dummy"`,
    ));

  it('sends a tunnel with its ends', () =>
    assertSent(
      (connection) =>
        createLink(connection, { kind: 'ipip', name: 't0', local: '10.0.0.1', remote: '10.0.0.2' }),
      `4c000000 1000 0506 01000000 00000000
       00 00 0000 00000000 00000000 00000000
       0700 0300 743000 00                    ; IFLA_IFNAME "t0"
       2400 1200                              ; IFLA_LINKINFO
         0900 0100 6970697000 000000          ;   IFLA_INFO_KIND "ipip"
         1400 0200                            ;   IFLA_INFO_DATA
           0800 0200 0a000001                 ;     IFLA_IPTUN_LOCAL
           0800 0300 0a000002                 ;     IFLA_IPTUN_REMOTE`,
    ));

  it('sends a pair', () =>
    assertSent(
      (connection) => createLink(connection, { kind: 'veth', name: 'd0', peerName: 'd1' }),
      `58000000 1000 0506 01000000 00000000
       00 00 0000 00000000 00000000 00000000
       0700 0300 643000 00                    ; IFLA_IFNAME "d0"
       3000 1200                              ; IFLA_LINKINFO
         0900 0100 7665746800 000000          ;   IFLA_INFO_KIND "veth"
         2000 0200                            ;   IFLA_INFO_DATA
           1c00 0100                          ;     VETH_INFO_PEER
             00 00 0000 00000000 00000000 00000000
             0700 0300 643100 00              ;       IFLA_IFNAME "d1"`,
    ));

  const wrong: readonly (readonly [string, LinkConfig])[] = [
    ['an empty name', { kind: 'dummy', name: '' }],
    ['a name of 16 bytes', { kind: 'dummy', name: '0123456789abcdef' }],
    ['a name of 15 letters and 16 bytes', { kind: 'dummy', name: '0123456789abcdé' }],
    ['a name that the kernel would fill in', { kind: 'dummy', name: 'd%d' }],
    ['a name with NUL', { kind: 'dummy', name: 'd\0' }],
    ['a peer without a name', { kind: 'veth', name: 'd0', peerName: '' }],
    ['an IPv6 end of an IPIP tunnel', { kind: 'ipip', name: 't0', local: '::1' }],
  ];
  for (const [name, config] of wrong)
    it(`sends nothing for ${name}`, () => {
      const { kernel, connection } = connect();
      assert.throws(() => createLink(connection, config), { code: 'ERR_RTNETLINK_INVALID' });
      assert.equal(kernel.sent.length, 0);
    });
});

describe('deleteLink', { skip }, () => {
  it('goes by index', () =>
    assertSent(
      (connection) => deleteLink(connection, 3),
      `28000000 1100 0500 01000000 00000000  00 00 0000 03000000 00000000 00000000
       0800 1d00 08000000`,
    ));
});

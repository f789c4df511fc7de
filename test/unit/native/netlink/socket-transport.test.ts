/** The real transport against this machine's kernel, which needs no IPVS and no privilege for any of it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { resolveFamily } from '../../../../native/genetlink/family.js';
import { AF_NETLINK, SOCK_RAW } from '../../../../native/libc/constants.js';
import { Socket } from '../../../../native/libc/socket.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import {
  hostIsLittleEndian,
  NETLINK_GENERIC,
  NETLINK_ROUTE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
} from '../../../../native/netlink/constants.js';
import { beginMessage, endMessage, splitDatagram } from '../../../../native/netlink/message.js';
import type { NetlinkMessage } from '../../../../native/netlink/message.js';
import { SocketTransport } from '../../../../native/netlink/socket-transport.js';
import { Writer } from '../../../../native/netlink/writer.js';

const NETLINK_USERSOCK = 2;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;

function withTransport(
  protocol: number,
  run: (transport: SocketTransport, seen: () => SeenSocket) => void | Promise<void>,
  groups: readonly number[] = [],
): () => Promise<void> {
  return async () => {
    const before = new Set(socketInodes());
    const transport = SocketTransport.open(protocol, { groups });
    const [inode] = socketInodes().filter((candidate) => !before.has(candidate));
    try {
      await run(transport, () => socketOfInode(inode ?? ''));
    } finally {
      transport.close();
    }
  };
}

function socketInodes(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? ''];
    } catch {
      return [];
    }
  });
}

interface SeenSocket {
  readonly port: number;
  /** Bit 0 is group 1. */
  readonly groups: number;
}

/** What the kernel says of the socket that has this inode. */
function socketOfInode(inode: string): SeenSocket {
  const rows = readFileSync('/proc/net/netlink', 'utf8').split('\n').slice(1);
  const row = rows.map((line) => line.trim().split(/\s+/)).find((columns) => columns.at(-1) === inode);
  assert.ok(row !== undefined, `no netlink socket of inode ${inode}`);
  return { port: Number(row[2]), groups: Number.parseInt(row[3] ?? '', 16) };
}

function addressOfPort(port: number): Uint8Array {
  const address = new DataView(new ArrayBuffer(12));
  address.setUint16(0, AF_NETLINK, hostIsLittleEndian);
  address.setUint32(4, port, hostIsLittleEndian);
  return new Uint8Array(address.buffer);
}

function encodeMessage(type: number, flags: number, sequence: number, payload: Uint8Array): Uint8Array {
  const writer = new Writer();
  const start = beginMessage(writer, type, flags, sequence);
  writer.bytes(payload);
  endMessage(writer, start);
  return writer.finish().slice();
}

describe('SocketTransport', () => {
  it(
    'resolves the family that every kernel has',
    withTransport(NETLINK_GENERIC, (transport) => {
      const family = resolveFamily(new NetlinkConnection(transport), 'nlctrl');
      assert.equal(family?.id, 16);
      assert.equal(family.name, 'nlctrl');
      assert.ok(family.operations.some(({ command }) => command === 3));
      assert.ok(family.groups.some(({ name }) => name === 'notify'));
    }),
  );

  it(
    'says that a family is not there',
    withTransport(NETLINK_GENERIC, (transport) =>
      assert.equal(resolveFamily(new NetlinkConnection(transport), 'lvsd-nothing'), null),
    ),
  );

  it(
    'lists what the kernel has, over as many datagrams as it takes',
    withTransport(NETLINK_ROUTE, (transport) => {
      const connection = new NetlinkConnection(transport);
      const request = {
        operation: 'list links',
        type: RTM_GETLINK,
        encode: (writer: Writer) => writer.zeros(16),
      };
      const list = (): NetlinkMessage[] =>
        connection.dump(request, (message) => ({ ...message, payload: message.payload.slice() }));
      const links = list();
      assert.ok(links.length > 0);
      assert.ok(links.every(({ type }) => type === RTM_NEWLINK));
      assert.deepEqual(
        list().map(({ payload }) => payload),
        links.map(({ payload }) => payload),
        'and again on the same socket',
      );
    }),
  );

  it(
    'takes nothing that another process sends to its port',
    withTransport(NETLINK_USERSOCK, (transport, seen) => {
      const sender = Socket.open(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK, 'sender');
      const plain = Socket.open(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK, 'plain receiver');
      try {
        plain.bind(addressOfPort(0));
        const forged = encodeMessage(RTM_NEWLINK, 0, 1, new Uint8Array(16));
        sender.send(forged, plain.localAddress());
        assert.equal(plain.receive(new Uint8Array(64))?.length, forged.length, 'it can be sent at all');
        sender.send(forged, addressOfPort(seen().port));
        sender.send(forged, addressOfPort(seen().port));
        assert.equal(transport.receive(0), null);
        assert.equal(transport.receive(10), null);
      } finally {
        sender.close();
        plain.close();
      }
    }),
  );

  it(
    'takes the kernel’s answer behind what another process sent',
    { skip: process.getuid?.() === 0 ? false : 'only root may send to the port of another socket' },
    withTransport(NETLINK_GENERIC, (transport, seen) => {
      const sender = Socket.open(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, 'sender');
      try {
        sender.send(encodeMessage(2, 0, 1, new Uint8Array(20)), addressOfPort(seen().port));
        const connection = new NetlinkConnection(transport);
        assert.equal(resolveFamily(connection, 'nlctrl')?.name, 'nlctrl');
      } finally {
        sender.close();
      }
    }),
  );

  it(
    'waits no longer than it is told',
    withTransport(NETLINK_GENERIC, (transport) => {
      assert.equal(transport.receive(0), null);
      assert.equal(transport.receive(5), null);
    }),
  );

  it(
    'has room for a batch and its answers',
    withTransport(NETLINK_GENERIC, (transport) => {
      assert.ok(transport.sendBufferBytes >= 2 * 64 * 1024, `${transport.sendBufferBytes}`);
      assert.ok(transport.receiveBufferBytes >= 2 * 64 * 1024, `${transport.receiveBufferBytes}`);
    }),
  );

  it(
    'calls back on the event loop when a datagram is there',
    withTransport(NETLINK_ROUTE, async (transport) => {
      let stop: () => void = () => undefined;
      const arrived = new Promise<Uint8Array | null>((resolve) => {
        stop = transport.watch(() => resolve(transport.receive(0)));
      });
      transport.send(encodeMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 77, new Uint8Array(16)));
      const datagram = await arrived;
      stop();
      assert.ok(datagram !== null);
      assert.equal(splitDatagram(datagram)[0]?.sequence, 77);
    }),
  );

  it(
    'may be closed twice, and refuses everything afterwards',
    withTransport(NETLINK_GENERIC, (transport) => {
      transport.close();
      transport.close();
      assert.throws(() => transport.send(new Uint8Array(16)), { message: 'sendmsg netlink socket: EBADF' });
      assert.throws(() => transport.receive(0), { message: 'recvmsg netlink socket: EBADF' });
      assert.throws(() => transport.watch(() => undefined), { message: 'poll netlink socket: EBADF' });
    }),
  );

  it(
    'joins the multicast groups that it is given, also those past the 32 of a sockaddr',
    withTransport(
      NETLINK_ROUTE,
      (_transport, seen) => assert.equal(seen().groups & 0b10101, 0b10001),
      [1, 5, 33],
    ),
  );
});

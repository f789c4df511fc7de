/** What a VRRP socket tells of a link that goes, and what it does not hear. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { AF_INET, AF_INET6 } from '../../../../native/inet/family.js';
import { encodeAddress, type AddressFamily } from '../../../../native/inet/address.js';
import { IPPROTO_IP, IPPROTO_IPV6, SOCK_RAW } from '../../../../native/libc/constants.js';
import { SyscallError } from '../../../../native/libc/errno.js';
import { Socket } from '../../../../native/libc/socket.js';
import { linkByName } from '../../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../../native/rtnetlink/request.js';
import { IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS } from '../../../../native/vrrp/constants.js';
import {
  encodeAdvertisement,
  IPPROTO_VRRP,
  VRRP_GROUP,
  type VrrpAdvertisement,
} from '../../../../native/vrrp/packet.js';
import { VrrpSocket, type SendFailureReason } from '../../../../native/vrrp/socket.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { until } from '../../../kernel/support/until.js';

const ends = {
  ipv4: { a: '10.3.0.1', b: '10.3.0.2' },
  ipv6: { a: 'fe80::a', b: 'fe80::b' },
} as const;
const families = ['ipv4', 'ipv6'] as const;

const ip = (...lines: readonly string[]): void =>
  void execFileSync('ip', ['-batch', '-'], {
    input: lines.map((line) => `${line}\n`).join(''),
    stdio: 'pipe',
  });

const addressLines = (link: 'a' | 'b'): string[] => [
  `address add ${ends.ipv4[link]}/24 dev v${link}`,
  `address add ${ends.ipv6[link]}/64 dev v${link} nodad`,
];

/** Both ends of a cable in one namespace: each has to believe that the other's packets are no forgery. */
function createCable(): void {
  ip('link add va type veth peer name vb', 'link set va up', 'link set vb up');
  ip(...addressLines('a'), ...addressLines('b'));
  execFileSync('sysctl', [
    '-qw',
    ...['all', 'va', 'vb'].flatMap((name) => [
      `net.ipv4.conf.${name}.rp_filter=0`,
      `net.ipv4.conf.${name}.accept_local=1`,
    ]),
  ]);
}

function indexOf(name: string): number {
  const connection = openRtnetlink();
  try {
    return linkByName(connection, name)!.index;
  } finally {
    connection.close();
  }
}

/** A socket and what it was told: `5 from 10.3.0.1`, `hop-limit from 10.3.0.1`. */
class End {
  readonly told: string[] = [];
  readonly socket: VrrpSocket;
  readonly #family: AddressFamily;

  constructor(family: AddressFamily, link: 'a' | 'b', options: { group?: boolean; source?: string } = {}) {
    this.#family = family;
    const source = options.source ?? ends[family][link];
    this.socket = VrrpSocket.open(
      { family, index: indexOf(`v${link}`), group: options.group ?? true, source },
      {
        onAdvertisement: ({ vrid }, path) => this.told.push(`${vrid} from ${path.source}`),
        onDrop: (reason, path) => this.told.push(`${reason} from ${path?.source}`),
        onFailure: (error) => this.told.push(error.message),
      },
    );
  }

  send(vrid: number, destination: string = VRRP_GROUP[this.#family]): SendFailureReason | null {
    const path = { family: this.#family, source: this.socket.source, destination };
    const bytes = encodeAdvertisement(advertisement(this.#family, vrid), path);
    return this.socket.send(bytes, destination)?.reason ?? null;
  }

  async hears(...expected: readonly string[]): Promise<void> {
    await until(
      `${expected.join()} after ${this.told.join()}`,
      10,
      () => this.told.length >= expected.length,
    );
    assert.deepEqual(this.told.splice(0), expected);
  }
}

function advertisement(family: AddressFamily, vrid: number): VrrpAdvertisement {
  const addresses = [family === 'ipv4' ? '10.3.0.100' : 'fe80::100'];
  return { version: 3, vrid, priority: 100, advertiseMs: 1000, addresses, authentication: null };
}

/** With both ends of one family, in a namespace of its own. */
function withCable(
  body: (family: AddressFamily, a: End, b: End) => void | Promise<void>,
): () => Promise<void> {
  return async () => {
    for (const family of families)
      await inNewNamespace(async () => {
        createCable();
        const [a, b] = [new End(family, 'a'), new End(family, 'b')];
        try {
          await body(family, a, b);
        } finally {
          a.socket.close();
          b.socket.close();
        }
      });
  };
}

describe('VrrpSocket', { timeout: 120_000 }, () => {
  it(
    'carries advertisements to the group and to one address, and none back to itself',
    withCable(async (family, a, b) => {
      assert.equal(a.send(1), null);
      assert.equal(a.send(2, ends[family].b), null);
      const from = ends[family].a;
      await b.hears(`1 from ${from}`, `2 from ${from}`);
      assert.equal(b.send(3), null);
      await a.hears(`3 from ${ends[family].b}`);
      assert.deepEqual(b.told, []);
    }),
  );

  it(
    'hears nothing of the group where peers are told one by one',
    withCable(async (family, a, b) => {
      const alone = new End(family, 'b', { group: false });
      assert.equal(a.send(1), null);
      assert.equal(a.send(2, ends[family].b), null);
      await alone.hears(`2 from ${ends[family].a}`);
      await b.hears(`1 from ${ends[family].a}`, `2 from ${ends[family].a}`);
      alone.socket.close();
    }),
  );

  it(
    'tells of a packet that came from afar',
    withCable(async (family, _, b) => {
      const domain = family === 'ipv4' ? AF_INET : AF_INET6;
      const socket = Socket.open(domain, SOCK_RAW, IPPROTO_VRRP, 'raw socket');
      socket.bindToDevice('va');
      if (family === 'ipv4') socket.setOption(IPPROTO_IP, IP_MULTICAST_TTL, 254);
      else socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 254);
      const destination = VRRP_GROUP[family];
      const path = { family, source: ends[family].a, destination };
      const address = new Uint8Array(new ArrayBuffer(family === 'ipv4' ? 16 : 28));
      new Uint16Array(address.buffer, 0, 1)[0] = domain;
      encodeAddress(destination, family, address, family === 'ipv4' ? 4 : 8);
      socket.send(encodeAdvertisement(advertisement(family, 1), path), address);
      await b.hears(`hop-limit from ${ends[family].a}`);
      socket.close();
    }),
  );

  it(
    'tells what waits without a turn of the event loop when it is drained',
    withCable((family, a, b) => {
      assert.equal(a.send(1), null);
      const end = performance.now() + 5000;
      while (b.told.length === 0 && performance.now() < end) b.socket.drain();
      assert.deepEqual(b.told, [`1 from ${ends[family].a}`]);
      b.socket.close();
      b.socket.drain();
      assert.equal(b.told.length, 1);
    }),
  );

  it(
    'sends from the address that it is told last',
    withCable(async (family, a, b) => {
      const second = family === 'ipv4' ? '10.3.0.7' : 'fe80::7';
      ip(`address add ${second}/${family === 'ipv4' ? 24 : '64 nodad'} dev va`);
      a.socket.setSource(second);
      assert.equal(a.send(1), null);
      await b.hears(`1 from ${second}`);
    }),
  );

  it(
    'says that an address is no longer there to send from',
    withCable((family, a) => {
      a.socket.setSource(family === 'ipv4' ? '10.3.0.9' : 'fe80::9');
      assert.equal(a.send(1), 'unreachable');
    }),
  );

  it(
    'says that a link is down, and works again when it is up',
    withCable(async (family, a, b) => {
      ip('link set va down');
      assert.equal(a.send(1), 'unreachable');
      ip('link set va up');
      // IPv6 addresses go with the link
      if (family === 'ipv6') ip(`address add ${ends.ipv6.a}/64 dev va nodad`);
      await until('the cable is in', 10, () => a.send(2) === null && b.told.length > 0);
      assert.equal(b.told[0], `2 from ${ends[family].a}`);
      b.send(3);
      await a.hears(`3 from ${ends[family].b}`);
    }),
  );

  it(
    'says that a link is gone',
    withCable((family, a) => {
      ip('link del va');
      assert.equal(a.send(1), family === 'ipv4' ? 'unreachable' : 'link-gone');
      assert.deepEqual(a.told, []);
    }),
  );

  it(
    'hears and sends nothing after it is closed',
    withCable(async (family, a, b) => {
      const third = new End(family, 'b');
      third.socket.close();
      third.socket.close();
      a.send(1);
      await b.hears(`1 from ${ends[family].a}`);
      assert.deepEqual(third.told, []);
      assert.throws(
        () => third.send(1),
        (error) => error instanceof SyscallError && error.details.errno === 'EBADF',
      );
    }),
  );

  it('cannot be opened on a link that is not there', () =>
    inNewNamespace(() => {
      for (const family of families)
        assert.throws(
          () =>
            VrrpSocket.open(
              { family, index: 4711, group: true, source: ends[family].a },
              { onAdvertisement: () => undefined, onDrop: () => undefined, onFailure: () => undefined },
            ),
          (error) =>
            error instanceof SyscallError &&
            error.details.errno === (family === 'ipv4' ? 'EADDRNOTAVAIL' : 'ENODEV'),
        );
    }));
});

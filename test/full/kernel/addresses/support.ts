/** A client and two directors on one segment, and what a client hears there. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { Socket } from '../../../../native/libc/socket.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { Network } from '../../../kernel/lab/network.js';
import { openPacketSocket } from '../../../kernel/lab/packet-socket.js';
import { until } from '../../../kernel/support/until.js';
import { hexOf } from '../../../support/scripted-messages.js';

/** What a change may take on a machine that does other things too, s. */
export const PATIENCE_SEC = 100;
export const VIP4 = '10.1.0.100';
export const VIP6 = 'fd00:1::100';

export interface Segment {
  readonly network: Network;
  readonly client: Namespace;
  readonly first: Namespace;
  readonly second: Namespace;
}

const hostNames = ['client', 'first', 'second'];

/** One for all tests, since building it takes longer than most of them. */
let segment: Segment | null = null;

/** Runs `body` on the segment, as it was when it was built. */
export async function onSegment(body: (segment: Segment) => void | Promise<void>): Promise<void> {
  segment ??= build();
  hostNames.forEach((name, index) => restore(segment!.network.host(name), index + 1));
  await body(segment);
}

/** After the last test of a file. */
export function closeSegment(): void {
  segment?.network.close();
  segment = null;
}

function build(): Segment {
  const network = Network.create({
    segments: ['lan'],
    hosts: hostNames.map((name) => ({ name, plugs: [{ link: 'eth0', segment: 'lan', addresses: [] }] })),
  });
  const [client, first, second] = hostNames.map((name) => network.host(name));
  assert.ok(client && first && second);
  return { network, client, first, second };
}

/** Whatever is there already, or not there, is as it ought to be. */
function restore(host: Namespace, number: number): void {
  const lines = [
    'link delete d0',
    'link delete d1',
    'address flush dev eth0',
    `address delete ${VIP4}/32 dev lo`,
    'link set eth0 up',
    `address add 10.1.0.${number}/24 dev eth0`,
    `address add fd00:1::${number}/64 dev eth0 nodad`,
    'neigh flush dev eth0',
  ];
  host.shell(`ip -force -batch - 2>/dev/null <<'END' || true\n${lines.join('\n')}\nEND`);
  host.setSysctl('ipv6/conf/eth0/forwarding', 0);
}

/** Digits of the hardware address, without colons. */
export function macOf(namespace: Namespace): string {
  return namespace.hardwareAddress('eth0').replaceAll(':', '');
}

/** What the host knows of a neighbour: its hardware address without colons, or undefined. */
export function neighbourOf(host: Namespace, address: string): string | undefined {
  const [entry] = JSON.parse(host.shell(`ip -j neigh show ${address} dev eth0`)) as { lladdr?: string }[];
  return entry?.lladdr?.replaceAll(':', '');
}

/** Has the host find out who has this address, by sending something there. */
export async function resolveNeighbour(host: Namespace, address: string): Promise<string> {
  host.shell(`bash -c 'echo > /dev/udp/${address}/9'`);
  return until(`who has ${address}`, PATIENCE_SEC, () => neighbourOf(host, address));
}

/** Every frame that comes in at one interface, from its start on. */
export class Capture {
  readonly #socket: Socket;
  readonly #buffer = new Uint8Array(new ArrayBuffer(2048));
  readonly #arrivals = new EventEmitter();
  readonly #frames: string[] = [];

  constructor(namespace: Namespace, link = 'eth0') {
    this.#socket = openPacketSocket(namespace, link);
    this.#socket.watchReadable(() => this.#read());
  }

  /** Frames from this hardware address that announce: ARP, or ICMPv6 of type 136 to all nodes. */
  announcements(from: string): string[] {
    this.#read();
    return this.#frames.filter(
      (frame) =>
        frame.slice(12, 24) === from &&
        (frame.startsWith('ffffffffffff') && frame.slice(24, 28) === '0806'
          ? frame.slice(56, 64) === frame.slice(76, 84)
          : frame.startsWith('333300000001') && frame.slice(108, 110) === '88'),
    );
  }

  /** Waits for so many of them. */
  async until(from: string, count: number): Promise<string[]> {
    for (;;) {
      const announcements = this.announcements(from);
      if (announcements.length >= count) return announcements;
      await once(this.#arrivals, 'frame');
    }
  }

  clear(): void {
    this.#read();
    this.#frames.length = 0;
  }

  close(): void {
    this.#socket.close();
  }

  #read(): void {
    for (;;) {
      const received = this.#socket.receive(this.#buffer);
      if (received === null) break;
      this.#frames.push(hexOf(this.#buffer.subarray(0, received.length)));
    }
    this.#arrivals.emit('frame');
  }
}

/** VRRP on the wire as a host sees it: what comes in at its interface, from the hardware addresses on. */
import { EventEmitter, once } from 'node:events';
import { formatAddress, type AddressFamily } from '../../../../native/inet/address.js';
import type { Socket } from '../../../../native/libc/socket.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { openPacketSocket } from '../../../kernel/lab/packet-socket.js';

/** One packet, each field as it stands in the frame. */
export interface SeenPacket {
  readonly family: AddressFamily;
  readonly hardwareDestination: string;
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  /** TOS or traffic class: the differentiated services in its upper six bits. */
  readonly trafficClass: number;
  /** Behind the IP header. */
  readonly payload: Uint8Array;
}

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const IPPROTO_VRRP = 112;
const ethernetBytes = 14;

export class Capture {
  readonly #socket: Socket;
  readonly #buffer = new Uint8Array(new ArrayBuffer(2048));
  readonly #arrivals = new EventEmitter();
  readonly #packets: SeenPacket[] = [];

  constructor(namespace: Namespace, link = 'eth0') {
    this.#socket = openPacketSocket(namespace, link);
    this.#socket.watchReadable(() => this.#read());
  }

  /** Waits for the first packet that is so, and takes it and all before it away. */
  async next(isWanted: (packet: SeenPacket) => boolean): Promise<SeenPacket> {
    for (;;) {
      const found = this.#packets.findIndex(isWanted);
      if (found !== -1) return this.#packets.splice(0, found + 1).at(-1)!;
      await once(this.#arrivals, 'packet');
    }
  }

  /** All that have come, whether or not they were waited for. */
  get packets(): readonly SeenPacket[] {
    this.#read();
    return this.#packets;
  }

  clear(): void {
    this.#read();
    this.#packets.length = 0;
  }

  close(): void {
    this.#socket.close();
  }

  #read(): void {
    for (;;) {
      const received = this.#socket.receive(this.#buffer);
      if (received === null) return;
      const packet = packetIn(this.#buffer.slice(0, received.length));
      // sll_pkttype: what this host sends itself is told, too
      if (packet === null || received.address[10] === 4) continue;
      this.#packets.push(packet);
      this.#arrivals.emit('packet');
    }
  }
}

function packetIn(frame: Uint8Array): SeenPacket | null {
  const view = new DataView(frame.buffer);
  const hardwareDestination = Buffer.from(frame.subarray(0, 6)).toString('hex');
  const ip = frame.subarray(ethernetBytes);
  switch (view.getUint16(12)) {
    case ETH_P_IP:
      if (ip[9] !== IPPROTO_VRRP) return null;
      return {
        family: 'ipv4',
        hardwareDestination,
        source: formatAddress(ip, 12, 'ipv4'),
        destination: formatAddress(ip, 16, 'ipv4'),
        hopLimit: ip[8]!,
        trafficClass: ip[1]!,
        payload: ip.slice((ip[0]! & 15) * 4, view.getUint16(ethernetBytes + 2)),
      };
    case ETH_P_IPV6:
      if (ip[6] !== IPPROTO_VRRP) return null;
      return {
        family: 'ipv6',
        hardwareDestination,
        source: formatAddress(ip, 8, 'ipv6'),
        destination: formatAddress(ip, 24, 'ipv6'),
        hopLimit: ip[7]!,
        trafficClass: (view.getUint16(ethernetBytes) >>> 4) & 0xff,
        payload: ip.slice(40, 40 + view.getUint16(ethernetBytes + 4)),
      };
    default:
      return null;
  }
}

/** Sockets of protocol 112 that instances share: one an interface, family and source, which knows by VRID for whom a packet is. */
import { reasonOf } from '../base/errors.js';
import type { AddressFamily } from '../../native/inet/address.js';
import type { Hello } from '../../native/vrrp/hello.js';
import type { ReceivedPath, VrrpAdvertisement } from '../../native/vrrp/packet.js';
import { VrrpSocket, type SendFailure, type VrrpSocketOptions } from '../../native/vrrp/socket.js';

/** One instance that listens. */
export interface LineListener {
  readonly vrid: number;
  /** Well formed and with its VRID; whether it counts is the instance's to judge. */
  onAdvertisement(advertisement: VrrpAdvertisement, path: ReceivedPath): void;
  /** Of another director, with its VRID; absent = it is no heartbeat line. */
  onHello?(hello: Hello, path: ReceivedPath): void;
  /** Something that is neither, whoever it was meant for. */
  onDrop(reason: string): void;
  /** Nothing more comes, and nothing can be sent. */
  onFailure(message: string): void;
}

/** What an instance has of the line. */
export interface Line {
  /** null = sent. @throws SyscallError after a failure; CodecError */
  send(bytes: Uint8Array, destination: string): SendFailure | null;
  /** Hands over what waits. */
  drain(): void;
  /** Idempotent. */
  close(): void;
}

/** Seam for tests. @throws SyscallError; CodecError when the source is no address of the family */
export type OpenLine = (options: VrrpSocketOptions, listener: LineListener) => Line;

/** One a process. */
export class AdvertisementLines {
  readonly #lines = new Map<string, SharedLine>();

  /** @throws SyscallError; CodecError when the source is no address of the family */
  readonly open: OpenLine = (options, listener) => {
    const key = keyOf(options);
    const line = this.#lines.get(key) ?? new SharedLine(options, () => this.#lines.delete(key));
    this.#lines.set(key, line);
    return line.join(listener);
  };
}

interface Place {
  readonly listener: LineListener;
}

/** Of a virtual router that this director takes no part in. */
const FOREIGN = 'other-vrid';

class SharedLine {
  readonly #socket: VrrpSocket;
  /** One for each `join`. */
  readonly #places = new Set<Place>();
  readonly #onEnd: () => void;

  constructor(options: VrrpSocketOptions, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#socket = VrrpSocket.open(options, {
      onAdvertisement: (advertisement, path) => this.#hear(advertisement, path),
      onHello: (hello, path) => this.#hearHello(hello, path),
      onDrop: (reason) => {
        for (const { listener } of this.#places) listener.onDrop(reason);
      },
      onFailure: (error) => {
        this.#onEnd();
        for (const { listener } of [...this.#places]) listener.onFailure(reasonOf(error));
      },
    });
  }

  /** The same listener may join once more before it leaves: a line that is replaced by itself is not closed between. */
  join(listener: LineListener): Line {
    const place = { listener };
    this.#places.add(place);
    return {
      send: (bytes, destination) => this.#socket.send(bytes, destination),
      drain: () => this.#socket.drain(),
      close: () => this.#leave(place),
    };
  }

  /** A listener may leave while it hears. */
  #hear(advertisement: VrrpAdvertisement, path: ReceivedPath): void {
    let known = false;
    for (const { listener } of this.#places) {
      if (listener.vrid !== advertisement.vrid) continue;
      known = true;
      listener.onAdvertisement(advertisement, path);
    }
    if (!known) for (const { listener } of this.#places) listener.onDrop(FOREIGN);
  }

  #hearHello(hello: Hello, path: ReceivedPath): void {
    for (const { listener } of this.#places)
      if (listener.vrid === hello.vrid) listener.onHello?.(hello, path);
  }

  #leave(place: Place): void {
    if (!this.#places.delete(place) || this.#places.size > 0) return;
    this.#onEnd();
    this.#socket.close();
  }
}

function keyOf({ family, index, group, source }: VrrpSocketOptions): string {
  return `${family} ${index} ${group} ${source}`;
}

/** The family of a configured one. */
export function addressFamily(family: 4 | 6): AddressFamily {
  return family === 4 ? 'ipv4' : 'ipv6';
}

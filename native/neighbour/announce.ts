/**
 * Tells the neighbours on a link that addresses are at this host now: gratuitous ARP, unsolicited neighbour advertisements.
 *
 * Nobody confirms an announcement, so each is repeated. Whether the address is there, and whether the link is up, is the
 * caller's to know.
 */
import { familyOf } from '../inet/address.js';
import { AF_PACKET, SOCK_RAW } from '../libc/constants.js';
import { Socket } from '../libc/socket.js';
import { encodeGratuitousArp } from './arp.js';
import { encodeNeighbourAdvertisement } from './advertisement.js';
import { ETH_ALEN, readU16, writeU16 } from './ethernet.js';

/** One address that is here now. */
export interface Announcement {
  /** Of the interface. */
  readonly index: number;
  /** Of the interface, which is Ethernet: `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
  readonly address: string;
  /** IPv6: whether the interface forwards; default false. */
  readonly router?: boolean;
}

/** Calls back once, later. */
export interface AnnouncerClock {
  after(delayMs: number, callback: () => void): { cancel(): void };
}

/** What sends a frame out of an interface. */
export interface FrameSender {
  /** @throws SyscallError */
  send(index: number, frame: Uint8Array): void;
  close(): void;
}

export interface AnnouncerOptions {
  readonly clock: AnnouncerClock;
  /** Hears of announcements that could not be sent, the first of each batch; the others go on. */
  readonly onError: (announcement: Announcement, error: unknown) => void;
  /** Default: a packet socket. @throws SyscallError */
  readonly open?: () => FrameSender;
}

/** As often as a host may say it unasked. @see RFC 4861 section 10 (MAX_NEIGHBOR_ADVERTISEMENT) */
export const ANNOUNCE_TIMES = 3;
/** @see RFC 5227 section 1.1 (ANNOUNCE_INTERVAL); RFC 4861 asks for 1 s at least */
export const ANNOUNCE_INTERVAL_MS = 2000;
/** Ten thousand frames at once would overrun the interface's queue, and hold up the event loop. */
export const ANNOUNCE_BATCH = 100;
export const ANNOUNCE_PAUSE_MS = 20;

/** One a process. Sends at once, then again `ANNOUNCE_TIMES - 1` times. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #timers = new Set<{ cancel(): void }>();
  /** The newest announcement of each address: an older one, or one that was withdrawn, is not repeated. */
  readonly #current = new Map<string, Announcement>();
  #sender: FrameSender | null = null;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Opens the socket, if it is not open: so a lack of rights shows before an address is added. @throws SyscallError */
  open(): void {
    this.#sender ??= (this.#options.open ?? openPacketSender)();
  }

  /** Announces addresses, the first of them before it returns. @throws SyscallError when the socket cannot be opened */
  announce(announcements: readonly Announcement[]): void {
    if (announcements.length === 0) return;
    this.open();
    for (const announcement of announcements) this.#current.set(keyOf(announcement), announcement);
    this.#send(announcements, 0, 1);
  }

  /** Ends the repetition: the address is no longer here. */
  withdraw(address: Pick<Announcement, 'index' | 'address'>): void {
    this.#current.delete(keyOf(address));
  }

  /** Sends nothing more. Idempotent. */
  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#current.clear();
    this.#sender?.close();
    this.#sender = null;
  }

  /** Sends one batch and arranges for the next, then for the next time. */
  #send(announcements: readonly Announcement[], start: number, time: number): void {
    const end = start + ANNOUNCE_BATCH;
    this.#sendBatch(this.#stillCurrent(announcements.slice(start, end)));
    if (end < announcements.length)
      this.#later(ANNOUNCE_PAUSE_MS, () => this.#send(announcements, end, time));
    else if (time < ANNOUNCE_TIMES)
      this.#later(ANNOUNCE_INTERVAL_MS, () => this.#send(announcements, 0, time + 1));
    else for (const announcement of this.#stillCurrent(announcements)) this.withdraw(announcement);
  }

  #sendBatch(batch: readonly Announcement[]): void {
    let failed = false;
    for (const announcement of batch) {
      try {
        for (const frame of framesOf(announcement)) this.#sender?.send(announcement.index, frame);
      } catch (error) {
        if (!failed) this.#options.onError(announcement, error);
        failed = true;
      }
    }
  }

  #stillCurrent(announcements: readonly Announcement[]): readonly Announcement[] {
    return announcements.filter((announcement) => this.#current.get(keyOf(announcement)) === announcement);
  }

  #later(delayMs: number, callback: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }
}

/** The frames that announce it once. @throws CodecError when an address is malformed */
export function framesOf({ hardwareAddress, address, router = false }: Announcement): readonly Uint8Array[] {
  if (familyOf(address) === 'ipv6')
    return [encodeNeighbourAdvertisement({ hardwareAddress, address, router })];
  return [
    encodeGratuitousArp('request', hardwareAddress, address),
    encodeGratuitousArp('reply', hardwareAddress, address),
  ];
}

function keyOf({ index, address }: Pick<Announcement, 'index' | 'address'>): string {
  return `${index} ${address}`;
}

/**
 * Opens a socket that sends whole frames and, of protocol 0, receives none. Needs CAP_NET_RAW.
 *
 * @throws SyscallError
 * @see packet(7)
 */
export function openPacketSender(): FrameSender {
  const socket = Socket.open(AF_PACKET, SOCK_RAW, 0, 'packet socket');
  return {
    send: (index, frame) => socket.send(frame, destinationOf(index, frame)),
    close: () => socket.close(),
  };
}

function destinationOf(index: number, frame: Uint8Array): Uint8Array {
  const bytes = packetAddress(index, readU16(frame, 2 * ETH_ALEN));
  bytes.set(frame.subarray(0, ETH_ALEN), 12);
  return bytes;
}

/**
 * `struct sockaddr_ll`: u16 family | u16 protocol, big-endian | i32 interface | u16 hardware type | u8 packet type |
 * u8 length of the address | 8 B address; in host byte order but for the protocol. Never throws.
 */
export function packetAddress(index: number, protocol: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  const bytes = new Uint8Array(view.buffer);
  new Uint16Array(view.buffer, 0, 1)[0] = AF_PACKET;
  writeU16(bytes, 2, protocol);
  new Int32Array(view.buffer, 4, 1)[0] = index;
  bytes[11] = ETH_ALEN;
  return bytes;
}

/**
 * Sends and receives advertisements by one interface: a raw socket of protocol 112 that any number of instances share.
 *
 * It is read on the event loop whenever the kernel has something, in the very thread that may have a real-time priority: a
 * read that blocks a helper thread is no faster and has none, and a timer is as late as its period is long. For an
 * advertisement that repeats the last one nothing is allocated.
 */
import { addressBytes, encodeAddress, type AddressFamily } from '../inet/address.js';
import { AF_INET, AF_INET6 } from '../inet/family.js';
import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  SO_BINDTOIFINDEX,
  SO_PRIORITY,
  SOCK_RAW,
  SOL_SOCKET,
} from '../libc/constants.js';
import { controlSpace, encodeControl } from '../libc/control-message.js';
import { SyscallError } from '../libc/errno.js';
import { ReceiveRoom, Socket } from '../libc/socket.js';
import { AdvertisementMemory } from './advertisement-memory.js';
import * as ip from './constants.js';
import { isHello, isHelloDrop, type Hello, type HelloDropReason } from './hello.js';
import { HelloMemory } from './hello-memory.js';
import { IPV4_DESTINATION, IPV4_SOURCE, IPV4_TTL, ipv4PayloadStart } from './ip-packet.js';
import {
  IPPROTO_VRRP,
  isDrop,
  VRRP_GROUP,
  VRRP_HOP_LIMIT,
  type PacketDropReason,
  type ReceivedPath,
  type VrrpAdvertisement,
} from './packet.js';
import { PathMemory } from './path-memory.js';

export interface VrrpSocketOptions {
  readonly family: AddressFamily;
  /** Of the interface. */
  readonly index: number;
  /** Whether to hear what is sent to the group; not where all peers are told one by one. */
  readonly group: boolean;
  /** From which it sends: an address of the interface, see `chooseSource`. */
  readonly source: string;
}

export interface AdvertisementListener {
  /** Both objects may be those of an earlier call: they do not change. May call `close()`. What it throws is uncaught. */
  onAdvertisement(advertisement: VrrpAdvertisement, path: ReceivedPath): void;
  /** As `onAdvertisement`, for those who are told one by one; absent = hellos are passed over. */
  onHello?(hello: Hello, path: ReceivedPath): void;
  /** The path is null when not even that could be read. */
  onDrop(reason: PacketDropReason | HelloDropReason, path: ReceivedPath | null): void;
  /** The socket failed. Nothing more comes; it is closed. */
  onFailure(error: SyscallError): void;
}

/** Why an advertisement was not sent. The kernel does not tell more: who has to know watches the links, see `NoticeWatcher`. */
export type SendFailureReason =
  /** The interface is gone, and the socket with it, though another one may have its name. Not always told so, see below. */
  | 'link-gone'
  /**
   * The interface is down, or gone; or the source is no address of this host, or not yet: IPv6 is still asking whether somebody
   * else has it; or there is no way to a peer. All but one that is gone may work again by themselves.
   */
  | 'unreachable'
  /** The queue on the way out is full. */
  | 'busy'
  /** By a firewall rule of this host. */
  | 'refused'
  | 'other';

export interface SendFailure {
  readonly reason: SendFailureReason;
  readonly cause: SyscallError;
}

const reasons: Readonly<Record<string, SendFailureReason>> = {
  ENODEV: 'link-gone',
  ENXIO: 'link-gone',
  ENETDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  // of IPv6, when the source is no address of the interface
  EINVAL: 'unreachable',
  EAGAIN: 'busy',
  ENOBUFS: 'busy',
  EPERM: 'refused',
};

/** What is flooded is read in slices, so that timers and other sockets get their turn. */
const datagramsPerTurn = 64;

const subject = 'VRRP socket';
const inPktinfoBytes = 12;
const in6PktinfoBytes = 20;
const intBytes = 4;

/** As long as a datagram can be. One for all sockets: what is received is looked at before the next is. */
const data = new Uint8Array(new ArrayBuffer(65_536));

export class VrrpSocket {
  readonly #socket: Socket;
  readonly #options: VrrpSocketOptions;
  readonly #listener: AdvertisementListener;
  readonly #room: ReceiveRoom;
  readonly #paths: PathMemory;
  readonly #advertisements = new AdvertisementMemory();
  readonly #hellos = new HelloMemory();
  readonly #destinations = new Map<string, Uint8Array>();
  #source: string;
  #sourceControl: Uint8Array;
  #payload = data.subarray(0, 0);
  #closed = false;

  private constructor(socket: Socket, options: VrrpSocketOptions, listener: AdvertisementListener) {
    const control = options.family === 'ipv6' ? controlSpace(in6PktinfoBytes, intBytes) : 0;
    this.#socket = socket;
    this.#options = options;
    this.#listener = listener;
    this.#room = new ReceiveRoom(data, control);
    this.#paths = new PathMemory(options.family);
    this.#source = options.source;
    this.#sourceControl = encodeSource(options, options.source);
  }

  /**
   * Opens it in the network namespace of the thread. What comes is told from the event loop's next turn on.
   *
   * @throws SyscallError `EPERM` without CAP_NET_RAW, `ENODEV` or `EADDRNOTAVAIL` without such an interface; CodecError when the source is no
   *   address of the family
   */
  static open(options: VrrpSocketOptions, listener: AdvertisementListener): VrrpSocket {
    const domain = options.family === 'ipv4' ? AF_INET : AF_INET6;
    const socket = Socket.open(domain, SOCK_RAW, IPPROTO_VRRP, subject);
    try {
      prepare(socket, options);
      const own = new VrrpSocket(socket, options, listener);
      socket.watchReadable(() => own.#read());
      return own;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** From which it sends. */
  get source(): string {
    return this.#source;
  }

  /** Sends from another address from now on. @throws CodecError when it is none of the family */
  setSource(source: string): void {
    this.#sourceControl = encodeSource(this.#options, source);
    this.#source = source;
  }

  /**
   * Hands one packet to the kernel, which has it when this returns: nothing is left to be waited for.
   *
   * @param bytes as `encodeAdvertisement` or `encodeHello` gives them for this source and this destination; best the same array each time
   * @param destination the group, or a peer
   * @returns null when it was sent
   * @throws SyscallError `EBADF` after `close()`; CodecError when the destination is no address of the family
   */
  send(bytes: Uint8Array, destination: string): SendFailure | null {
    try {
      this.#socket.send(bytes, this.#socketAddress(destination), this.#sourceControl);
      return null;
    } catch (error) {
      if (!(error instanceof SyscallError) || this.#closed) throw error;
      return { reason: reasons[error.details.errno] ?? 'other', cause: error };
    }
  }

  /** Tells at once what waits, as the event loop does in its next turn: a timer that is late fires before it. */
  drain(): void {
    this.#read();
  }

  /** Nothing is told after it. May be called twice. Never throws. */
  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  #read(): void {
    for (let count = 0; count < datagramsPerTurn && !this.#closed; count++) {
      if (!this.#receive()) return;
      if (this.#options.family === 'ipv4') this.#takeIpv4();
      else this.#takeIpv6();
    }
  }

  #receive(): boolean {
    try {
      return this.#socket.receiveInto(this.#room);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      this.close();
      this.#listener.onFailure(error);
      return false;
    }
  }

  /** A raw socket of IPv4 delivers the header, too. */
  #takeIpv4(): void {
    const start = ipv4PayloadStart(data, this.#room.length);
    if (start === null) {
      this.#listener.onDrop('too-short', null);
      return;
    }
    const hopLimit = data[IPV4_TTL] ?? 0;
    this.#take(start, this.#paths.pathOf(data, IPV4_SOURCE, data, IPV4_DESTINATION, hopLimit));
  }

  /** One of IPv6 does not: what counts in it comes beside the payload. */
  #takeIpv6(): void {
    const { control, controlLength, address } = this.#room;
    const destination = control.find(controlLength, IPPROTO_IPV6, ip.IPV6_PKTINFO, in6PktinfoBytes);
    const hopLimit = control.find(controlLength, IPPROTO_IPV6, ip.IPV6_HOPLIMIT, intBytes);
    if (destination === -1 || hopLimit === -1) {
      this.#listener.onDrop('hop-limit', null);
      return;
    }
    const source = 8;
    this.#take(0, this.#paths.pathOf(address, source, control.bytes, destination, control.int32(hopLimit)));
  }

  #take(start: number, path: ReceivedPath): void {
    const { family, group } = this.#options;
    // a raw socket of IPv6 hears every group that another socket of this host has joined
    if (!group && path.destination === VRRP_GROUP[family]) return;
    const payload = this.#payloadFrom(start);
    if (isHello(payload)) {
      this.#takeHello(payload, path);
      return;
    }
    const decoded = this.#advertisements.decode(payload, path);
    if (isDrop(decoded)) this.#listener.onDrop(decoded.drop, path);
    else this.#listener.onAdvertisement(decoded, path);
  }

  #takeHello(payload: Uint8Array, path: ReceivedPath): void {
    if (this.#listener.onHello === undefined) return;
    const decoded = this.#hellos.decode(payload, path);
    if (isHelloDrop(decoded)) this.#listener.onDrop(decoded.drop, path);
    else this.#listener.onHello(decoded, path);
  }

  /** What was received, from an offset on; the same view as long as that and the length are the same. */
  #payloadFrom(start: number): Uint8Array {
    const end = Math.min(this.#room.length, data.length);
    const { byteOffset, length } = this.#payload;
    if (byteOffset !== start || length !== end - start) this.#payload = data.subarray(start, end);
    return this.#payload;
  }

  #socketAddress(destination: string): Uint8Array {
    const known = this.#destinations.get(destination);
    if (known !== undefined) return known;
    const bytes = encodeSocketAddress(this.#options, destination);
    this.#destinations.set(destination, bytes);
    return bytes;
  }
}

function prepare(socket: Socket, options: VrrpSocketOptions): void {
  // first of all, so that nothing comes in by another interface
  socket.setOption(SOL_SOCKET, SO_BINDTOIFINDEX, options.index);
  if (options.family === 'ipv4') prepareIpv4(socket, options);
  else prepareIpv6(socket, options);
  // last of all, for a traffic class sets it, too
  socket.setOption(SOL_SOCKET, SO_PRIORITY, ip.TC_PRIO_INTERACTIVE);
}

function prepareIpv4(socket: Socket, { index, group }: VrrpSocketOptions): void {
  socket.setOption(IPPROTO_IP, ip.IP_TTL, VRRP_HOP_LIMIT);
  socket.setOption(IPPROTO_IP, ip.IP_MULTICAST_TTL, VRRP_HOP_LIMIT);
  socket.setOption(IPPROTO_IP, ip.IP_TOS, ip.IPTOS_CLASS_CS6);
  socket.setOption(IPPROTO_IP, ip.IP_MULTICAST_LOOP, 0);
  // else it hears the groups of other sockets
  socket.setOption(IPPROTO_IP, ip.IP_MULTICAST_ALL, 0);
  const membership = ipMreqn(index);
  socket.setOptionBytes(IPPROTO_IP, ip.IP_MULTICAST_IF, membership);
  if (group) socket.setOptionBytes(IPPROTO_IP, ip.IP_ADD_MEMBERSHIP, membership);
}

function prepareIpv6(socket: Socket, { index, group }: VrrpSocketOptions): void {
  socket.setOption(IPPROTO_IPV6, ip.IPV6_UNICAST_HOPS, VRRP_HOP_LIMIT);
  socket.setOption(IPPROTO_IPV6, ip.IPV6_MULTICAST_HOPS, VRRP_HOP_LIMIT);
  socket.setOption(IPPROTO_IPV6, ip.IPV6_TCLASS, ip.IPTOS_CLASS_CS6);
  socket.setOption(IPPROTO_IPV6, ip.IPV6_MULTICAST_LOOP, 0);
  socket.setOption(IPPROTO_IPV6, ip.IPV6_RECVHOPLIMIT, 1);
  socket.setOption(IPPROTO_IPV6, ip.IPV6_RECVPKTINFO, 1);
  socket.setOption(IPPROTO_IPV6, ip.IPV6_MULTICAST_IF, index);
  if (group) socket.setOptionBytes(IPPROTO_IPV6, ip.IPV6_ADD_MEMBERSHIP, ipv6Mreq(index));
}

/** `struct ip_mreqn`: group, address of an interface or zero, i32 index. */
function ipMreqn(index: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(12));
  encodeAddress(VRRP_GROUP.ipv4, 'ipv4', bytes, 0);
  setInt32(bytes, 8, index);
  return bytes;
}

/** `struct ipv6_mreq`: group, i32 index. */
function ipv6Mreq(index: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(20));
  encodeAddress(VRRP_GROUP.ipv6, 'ipv6', bytes, 0);
  setInt32(bytes, 16, index);
  return bytes;
}

/**
 * `struct in_pktinfo`: i32 index, source, and a destination that the kernel ignores; `struct in6_pktinfo`: source, i32 index.
 * A bound socket would hear nothing but what is sent to that address.
 */
function encodeSource({ family, index }: VrrpSocketOptions, source: string): Uint8Array {
  const ipv4 = family === 'ipv4';
  const bytes = new Uint8Array(new ArrayBuffer(ipv4 ? inPktinfoBytes : in6PktinfoBytes));
  setInt32(bytes, ipv4 ? 0 : addressBytes(family), index);
  encodeAddress(source, family, bytes, ipv4 ? intBytes : 0);
  return ipv4
    ? encodeControl(IPPROTO_IP, ip.IP_PKTINFO, bytes)
    : encodeControl(IPPROTO_IPV6, ip.IPV6_PKTINFO, bytes);
}

/** `struct sockaddr_in`, `sockaddr_in6`: u16 family in host order, port 0, the address; of IPv6 behind a flow label, before an i32 scope. */
function encodeSocketAddress({ family, index }: VrrpSocketOptions, address: string): Uint8Array {
  const ipv4 = family === 'ipv4';
  const bytes = new Uint8Array(new ArrayBuffer(ipv4 ? 16 : 28));
  new Uint16Array(bytes.buffer, 0, 1)[0] = ipv4 ? AF_INET : AF_INET6;
  encodeAddress(address, family, bytes, ipv4 ? 4 : 8);
  if (!ipv4) setInt32(bytes, 24, index);
  return bytes;
}

/** In host order. */
function setInt32(bytes: Uint8Array, offset: number, value: number): void {
  new Int32Array(bytes.buffer, bytes.byteOffset + offset, 1)[0] = value;
}

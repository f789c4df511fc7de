/**
 * Questions that any host answers as whole frames: ICMP echo requests, and the first segment of a TCP connection; plain or
 * wrapped as IPVS wraps what it sends through a tunnel. Pure. IPv4.
 *
 * Shape: [Ethernet 14 B][outer IPv4 20 B, [UDP 8 B, GUE 4 B] or [GRE 4 B]][IPv4 20 B][ICMP echo 8 B and padding, or TCP 20 B],
 * big-endian. The part in the middle is there with a tunnel only.
 *
 * @see RFC 792; RFC 9293 section 3.1; RFC 2003 (IPIP); RFC 2784 (GRE); draft-ietf-intarea-gue (GUE version 0)
 */
import { encodeAddress, formatAddress } from '../inet/address.js';
import {
  ETH_ALEN,
  ETH_HLEN,
  formatHardwareAddress,
  parseHardwareAddress,
  readU16,
  writeU16,
} from './ethernet.js';
import { IPPROTO_TCP, readOpeningAnswer, TCP_CHECKSUM, TCP_LENGTH, writeOpening } from './opening-segment.js';

export const ETH_P_IP = 0x0800;
const IPPROTO_ICMP = 1;
const IPPROTO_IPIP = 4;
const IPPROTO_UDP = 17;
const IPPROTO_GRE = 47;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;
const IP_LENGTH = 20;
const ICMP_LENGTH = 8;
/** Anything: a GUE receiver does not look at it. */
const GUE_SOURCE_PORT = 49152;

/** How the request is wrapped. */
export interface EchoTunnel {
  readonly type: 'ipip' | 'gue' | 'gre';
  /** UDP port of GUE; not looked at elsewhere. */
  readonly port: number;
  /** IPv4 addresses of the outer packet. */
  readonly source: string;
  readonly destination: string;
}

export interface EchoRequest {
  /** Of the interface that it leaves by. */
  readonly hardwareSource: string;
  /** Of the host that gets the frame. */
  readonly hardwareDestination: string;
  /** IPv4. */
  readonly source: string;
  readonly destination: string;
  /** 0..65535. */
  readonly identifier: number;
  readonly sequence: number;
  /** Null: sent as it is. */
  readonly tunnel: EchoTunnel | null;
  /** A segment that opens a TCP connection to this port instead of an echo request; default null. */
  readonly tcpPort?: number | null;
  /** Bytes of the inner packet, 28 at least; the rest is zero. With `true` it may not be cut in parts on the way. */
  readonly length?: number;
  readonly dontFragment?: boolean;
}

/** Gives the frame. @throws CodecError when an address is malformed */
export function encodeEchoRequest(request: EchoRequest): Uint8Array {
  const { tunnel, tcpPort = null } = request;
  const length = tcpPort === null ? (request.length ?? IP_LENGTH + ICMP_LENGTH) : IP_LENGTH + TCP_LENGTH;
  const wrap = tunnel === null ? 0 : IP_LENGTH + headerLength(tunnel);
  const frame = new Uint8Array(new ArrayBuffer(ETH_HLEN + wrap + length));
  frame.set(parseHardwareAddress(request.hardwareDestination), 0);
  frame.set(parseHardwareAddress(request.hardwareSource), ETH_ALEN);
  writeU16(frame, 2 * ETH_ALEN, ETH_P_IP);
  if (tunnel !== null) encodeTunnel(frame, tunnel, request.dontFragment ?? false);
  const inner = ETH_HLEN + wrap;
  const protocol = tcpPort === null ? IPPROTO_ICMP : IPPROTO_TCP;
  encodeIpHeader(frame, inner, { ...request, length, protocol });
  if (tcpPort === null) encodeEcho(frame, inner + IP_LENGTH, request);
  else encodeSyn(frame, inner, request.sequence, tcpPort);
  return frame;
}

/** An answer to a question. */
export interface EchoReply {
  readonly source: string;
  readonly destination: string;
  /** Null: a TCP segment, whose source port is `tcpPort`. */
  readonly identifier: number | null;
  readonly sequence: number;
  /** Null: an echo reply. */
  readonly tcpPort: number | null;
  /** Of whom the frame is addressed to. */
  readonly hardwareDestination: string;
}

/** Gives the answer in a frame, or null when it holds none. Never throws. */
export function decodeEchoReply(frame: Uint8Array): EchoReply | null {
  if (frame.length < ETH_HLEN + IP_LENGTH || readU16(frame, 2 * ETH_ALEN) !== ETH_P_IP) return null;
  // a part of a packet that was cut: no head in it
  if ((readU16(frame, ETH_HLEN + 6) & 0x1fff) !== 0) return null;
  const answer = decodePayload(frame, ETH_HLEN + ((frame[ETH_HLEN] ?? 0) & 0x0f) * 4);
  if (answer === null) return null;
  return {
    ...answer,
    source: formatAddress(frame, ETH_HLEN + 12, 'ipv4'),
    destination: formatAddress(frame, ETH_HLEN + 16, 'ipv4'),
    hardwareDestination: formatHardwareAddress(frame, 0),
  };
}

function decodePayload(
  frame: Uint8Array,
  offset: number,
): Pick<EchoReply, 'identifier' | 'sequence' | 'tcpPort'> | null {
  switch (frame[ETH_HLEN + 9]) {
    case IPPROTO_ICMP:
      if (frame.length < offset + ICMP_LENGTH || frame[offset] !== ECHO_REPLY) return null;
      return { identifier: readU16(frame, offset + 4), sequence: readU16(frame, offset + 6), tcpPort: null };
    case IPPROTO_TCP:
      return readOpeningAnswer(frame, offset);
    default:
      return null;
  }
}

function headerLength({ type }: EchoTunnel): number {
  switch (type) {
    case 'ipip':
      return 0;
    case 'gue':
      return 12;
    case 'gre':
      return 4;
  }
}

function encodeTunnel(frame: Uint8Array, tunnel: EchoTunnel, dontFragment: boolean): void {
  const protocol = { ipip: IPPROTO_IPIP, gue: IPPROTO_UDP, gre: IPPROTO_GRE }[tunnel.type];
  const length = frame.length - ETH_HLEN;
  encodeIpHeader(frame, ETH_HLEN, { ...tunnel, length, protocol, dontFragment });
  const header = ETH_HLEN + IP_LENGTH;
  if (tunnel.type === 'gre') writeU16(frame, header + 2, ETH_P_IP);
  if (tunnel.type !== 'gue') return;
  // a checksum of zero says that there is none
  writeU16(frame, header, GUE_SOURCE_PORT);
  writeU16(frame, header + 2, tunnel.port);
  writeU16(frame, header + 4, length - IP_LENGTH);
  frame[header + 8 + 1] = IPPROTO_IPIP;
}

interface IpHeader {
  readonly source: string;
  readonly destination: string;
  readonly length: number;
  readonly protocol: number;
  readonly dontFragment?: boolean;
}

function encodeIpHeader(frame: Uint8Array, offset: number, header: IpHeader): void {
  frame[offset] = 0x45;
  writeU16(frame, offset + 2, header.length);
  if (header.dontFragment === true) writeU16(frame, offset + 6, 0x4000);
  frame[offset + 8] = 64;
  frame[offset + 9] = header.protocol;
  encodeAddress(header.source, 'ipv4', frame, offset + 12);
  encodeAddress(header.destination, 'ipv4', frame, offset + 16);
  writeU16(frame, offset + 10, checksum(frame, offset, offset + IP_LENGTH));
}

function encodeEcho(frame: Uint8Array, offset: number, { identifier, sequence }: EchoRequest): void {
  frame[offset] = ECHO_REQUEST;
  writeU16(frame, offset + 4, identifier);
  writeU16(frame, offset + 6, sequence);
  writeU16(frame, offset + 2, checksum(frame, offset, frame.length));
}

/** The checksum covers the addresses, the protocol and the length, too. */
function encodeSyn(frame: Uint8Array, ip: number, sequence: number, port: number): void {
  const offset = ip + IP_LENGTH;
  writeOpening(frame, offset, sequence, port);
  const pseudo = new Uint8Array(12 + TCP_LENGTH);
  pseudo.set(frame.subarray(ip + 12, ip + 20));
  pseudo[9] = IPPROTO_TCP;
  writeU16(pseudo, 10, TCP_LENGTH);
  pseudo.set(frame.subarray(offset, offset + TCP_LENGTH), 12);
  writeU16(frame, offset + TCP_CHECKSUM, checksum(pseudo, 0, pseudo.length));
}

/** Ones' complement of the sum, the checksum's own field being zero. @see RFC 1071 */
function checksum(frame: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let offset = from; offset < to; offset += 2) sum += readU16(frame, offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

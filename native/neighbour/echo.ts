/**
 * ICMP echo requests as whole frames, plain or wrapped as IPVS wraps what it sends through a tunnel. Pure. IPv4.
 *
 * Shape: [Ethernet 14 B][outer IPv4 20 B, [UDP 8 B, GUE 4 B] or [GRE 4 B]][IPv4 20 B][ICMP echo 8 B and padding], big-endian.
 * The part in the middle is there with a tunnel only.
 *
 * @see RFC 792; RFC 2003 (IPIP); RFC 2784 (GRE); draft-ietf-intarea-gue (GUE version 0)
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
  /** Bytes of the inner packet, 28 at least; the rest is zero. With `true` it may not be cut in parts on the way. */
  readonly length?: number;
  readonly dontFragment?: boolean;
}

/** Gives the frame. @throws CodecError when an address is malformed */
export function encodeEchoRequest(request: EchoRequest): Uint8Array {
  const { tunnel, length = IP_LENGTH + ICMP_LENGTH } = request;
  const wrap = tunnel === null ? 0 : IP_LENGTH + headerLength(tunnel);
  const frame = new Uint8Array(new ArrayBuffer(ETH_HLEN + wrap + length));
  frame.set(parseHardwareAddress(request.hardwareDestination), 0);
  frame.set(parseHardwareAddress(request.hardwareSource), ETH_ALEN);
  writeU16(frame, 2 * ETH_ALEN, ETH_P_IP);
  if (tunnel !== null) encodeTunnel(frame, tunnel, request.dontFragment ?? false);
  const inner = ETH_HLEN + wrap;
  encodeIpHeader(frame, inner, { ...request, length, protocol: IPPROTO_ICMP });
  encodeEcho(frame, inner + IP_LENGTH, request);
  return frame;
}

/** An answer to an echo request. */
export interface EchoReply {
  readonly source: string;
  readonly destination: string;
  readonly identifier: number;
  readonly sequence: number;
  /** Of whom the frame is addressed to. */
  readonly hardwareDestination: string;
}

/** Gives the answer in a frame, or null when it holds none. Never throws. */
export function decodeEchoReply(frame: Uint8Array): EchoReply | null {
  if (frame.length < ETH_HLEN + IP_LENGTH + ICMP_LENGTH || readU16(frame, 2 * ETH_ALEN) !== ETH_P_IP)
    return null;
  const headerBytes = ((frame[ETH_HLEN] ?? 0) & 0x0f) * 4;
  const icmp = ETH_HLEN + headerBytes;
  const fragment = readU16(frame, ETH_HLEN + 6) & 0x1fff;
  if (frame[ETH_HLEN + 9] !== IPPROTO_ICMP || fragment !== 0 || frame.length < icmp + ICMP_LENGTH)
    return null;
  if (frame[icmp] !== ECHO_REPLY) return null;
  return {
    source: formatAddress(frame, ETH_HLEN + 12, 'ipv4'),
    destination: formatAddress(frame, ETH_HLEN + 16, 'ipv4'),
    identifier: readU16(frame, icmp + 4),
    sequence: readU16(frame, icmp + 6),
    hardwareDestination: formatHardwareAddress(frame, 0),
  };
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

/** Ones' complement of the sum, the checksum's own field being zero. @see RFC 1071 */
function checksum(frame: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let offset = from; offset < to; offset += 2) sum += readU16(frame, offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * The questions of echo.ts for IPv6 hosts: ICMPv6 echo requests, and the first segment of a TCP connection. Pure.
 *
 * Shape: [Ethernet 14 B][IPv6 40 B][ICMPv6 echo 8 B, or TCP 20 B], big-endian.
 *
 * @see RFC 4443 section 4 (echo); RFC 9293 section 3.1; RFC 8200 section 8.1
 */
import { formatAddress } from '../inet/address.js';
import {
  ETH_ALEN,
  ETH_P_IPV6,
  formatHardwareAddress,
  parseHardwareAddress,
  readU16,
  writeU16,
} from './ethernet.js';
import type { EchoReply, EchoRequest } from './echo.js';
import {
  finishIpv6,
  ICMP,
  IP_DESTINATION,
  IP_HEADER,
  IP_SOURCE,
  IPPROTO_ICMPV6,
  startIpv6,
} from './ipv6-frame.js';
import { IPPROTO_TCP, readOpeningAnswer, TCP_CHECKSUM, TCP_LENGTH, writeOpening } from './opening-segment.js';

const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;
const ECHO_LENGTH = 8;
const HOP_LIMIT = 64;

/** What is asked of an IPv6 host; plain, never in a tunnel. */
export type EchoRequest6 = Omit<EchoRequest, 'tunnel' | 'length' | 'dontFragment'>;

/** Gives the frame. @throws CodecError when an address is malformed */
export function encodeEchoRequest6(request: EchoRequest6): Uint8Array {
  const { source, destination, identifier, sequence, tcpPort = null } = request;
  const frame = startIpv6({
    hardwareSource: parseHardwareAddress(request.hardwareSource),
    hardwareDestination: parseHardwareAddress(request.hardwareDestination),
    source,
    destination,
    hopLimit: HOP_LIMIT,
    protocol: tcpPort === null ? IPPROTO_ICMPV6 : IPPROTO_TCP,
    length: tcpPort === null ? ECHO_LENGTH : TCP_LENGTH,
  });
  if (tcpPort === null) {
    frame[ICMP] = ECHO_REQUEST;
    writeU16(frame, ICMP + 4, identifier);
    writeU16(frame, ICMP + 6, sequence);
    return finishIpv6(frame);
  }
  writeOpening(frame, ICMP, sequence, tcpPort);
  // ICMPv6 has its checksum elsewhere.
  return finishIpv6(frame, TCP_CHECKSUM);
}

/** Gives the answer in a frame, or null when it holds none. Never throws. */
export function decodeEchoReply6(frame: Uint8Array): EchoReply | null {
  if (frame.length < ICMP + ECHO_LENGTH || readU16(frame, 2 * ETH_ALEN) !== ETH_P_IPV6) return null;
  const answer = decodePayload(frame);
  if (answer === null) return null;
  return {
    ...answer,
    source: formatAddress(frame, IP_SOURCE, 'ipv6'),
    destination: formatAddress(frame, IP_DESTINATION, 'ipv6'),
    hardwareDestination: formatHardwareAddress(frame, 0),
  };
}

function decodePayload(frame: Uint8Array): Pick<EchoReply, 'identifier' | 'sequence' | 'tcpPort'> | null {
  switch (frame[IP_HEADER + 6]) {
    case IPPROTO_ICMPV6:
      if (frame[ICMP] !== ECHO_REPLY) return null;
      return { identifier: readU16(frame, ICMP + 4), sequence: readU16(frame, ICMP + 6), tcpPort: null };
    case IPPROTO_TCP:
      return readOpeningAnswer(frame, ICMP);
    default:
      return null;
  }
}

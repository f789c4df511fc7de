/**
 * ICMP and ICMPv6 echo messages, as sockets carry them. Pure.
 *
 * Shape: [type 1 B][code 1 B][checksum 2 B][identifier 2 B][sequence 2 B][payload], big-endian.
 *
 * @see RFC 792; RFC 4443 section 4
 */
export type EchoFamily = 'ipv4' | 'ipv6';

export interface EchoMessage {
  /** 0..65535; a ping socket writes its own instead. */
  readonly identifier: number;
  /** 0..65535 */
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 8;
const TYPES = { ipv4: { request: 8, reply: 0 }, ipv6: { request: 128, reply: 129 } } as const;
const SHORTEST_IP_HEADER = 20;
const IPPROTO_ICMP = 1;

/** Gives the request. The checksum of ICMPv6 covers addresses that only the kernel knows: it fills it in. */
export function encodeEchoRequest(family: EchoFamily, message: EchoMessage): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(HEADER_BYTES + message.payload.length));
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPES[family].request;
  view.setUint16(4, message.identifier);
  view.setUint16(6, message.sequence);
  bytes.set(message.payload, HEADER_BYTES);
  if (family === 'ipv4') view.setUint16(2, checksum(bytes));
  return bytes;
}

/**
 * Gives the echo reply in what a socket received, or null when it is another message. The payload is a view.
 *
 * @param withIpHeader as a raw socket of IPv4 receives it
 */
export function decodeEchoReply(
  family: EchoFamily,
  received: Uint8Array,
  withIpHeader: boolean,
): EchoMessage | null {
  const start = withIpHeader ? ipHeaderBytes(received) : 0;
  if (start === null || received.length < start + HEADER_BYTES) return null;
  if (received[start] !== TYPES[family].reply || received[start + 1] !== 0) return null;
  const view = new DataView(received.buffer, received.byteOffset, received.byteLength);
  return {
    identifier: view.getUint16(start + 4),
    sequence: view.getUint16(start + 6),
    payload: received.subarray(start + HEADER_BYTES),
  };
}

/** Null when there is no IPv4 header of an ICMP message. */
function ipHeaderBytes(received: Uint8Array): number | null {
  const first = received[0] ?? 0;
  const length = (first & 0x0f) * 4;
  if (first >>> 4 !== 4 || length < SHORTEST_IP_HEADER || received.length < length) return null;
  return received[9] === IPPROTO_ICMP ? length : null;
}

/** Ones' complement of the sum, the checksum's own field being zero. @see RFC 1071 */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let offset = 0; offset < bytes.length; offset += 2)
    sum += ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

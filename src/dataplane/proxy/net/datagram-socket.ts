/** Datagram sockets for literal addresses: no name lookup, IPv6 apart from IPv4. */
import { createSocket, type Socket } from 'node:dgram';
import type { Family } from '../../../base/ip.js';

type LookupCallback = (error: null, address: string, family: number) => void;

/** @returns an unbound socket whose addresses are taken as they are */
export function datagramSocket(family: Family): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    // Node would go through its resolver for every datagram otherwise.
    lookup: (address: string, _options: unknown, callback: LookupCallback) => callback(null, address, family),
  });
}

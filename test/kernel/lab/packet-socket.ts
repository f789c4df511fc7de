/** A socket that is given whatever comes in at one interface, and what the host itself sends there. */
import { AF_PACKET, SOCK_RAW } from '../../../native/libc/constants.js';
import { Socket } from '../../../native/libc/socket.js';
import type { Namespace } from './namespace.js';

const ETH_P_ALL = 3;

/** Frames come from the hardware addresses on. */
export function openPacketSocket(namespace: Namespace, link: string): Socket {
  const { index } = namespace.link(link);
  // struct sockaddr_ll: family and index in host order, the protocol in network order
  const address = new DataView(new ArrayBuffer(20));
  new Uint16Array(address.buffer, 0, 1)[0] = AF_PACKET;
  address.setUint16(2, ETH_P_ALL);
  new Int32Array(address.buffer, 4, 1)[0] = index;
  const socket = namespace.within(() => Socket.open(AF_PACKET, SOCK_RAW, 0, 'capture'));
  socket.bind(new Uint8Array(address.buffer));
  return socket;
}

/**
 * Who opens the sockets of probes. Checkers ask here and never `node:net` themselves, so that the source address, the
 * interface and the mark of a check hold for every type.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { openPing, type Ping } from './ping.js';

/** Where a probe goes. */
export interface ProbeTarget {
  /** An address, never a name. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
}

/** Opens sockets that are the caller's to close. An error that comes at once may be thrown, or emitted by the socket. */
export interface ProbeSockets {
  /** A TCP connection that is being made: emits `connect` or `error`. */
  connect(target: ProbeTarget): Socket;
  /** A UDP socket that is being connected, so that the kernel tells of ICMP errors: emits `connect` or `error`. */
  datagram(target: ProbeTarget): DatagramSocket;
  /**
   * A socket for echo requests.
   *
   * @param identifier 0..65535, by chance: tells this probe's replies from those of other pings
   * @throws PingNotPermitted; SyscallError
   */
  ping(address: string, identifier: number): Promise<Ping>;
}

/** As the system's routes have it. */
export const plainSockets: ProbeSockets = {
  connect: ({ address, port }) => connect({ host: address, port }),
  datagram: ({ address, port }) => {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', lookup: noLookup });
    socket.connect(port, address);
    return socket;
  },
  ping: (address, identifier) => openPing(address, identifier),
};

type Lookup = (
  name: string,
  options: unknown,
  done: (error: null, address: string, family: number) => void,
) => void;

/** Addresses are not names: Node would ask the resolver's thread even for these. */
const noLookup: Lookup = (name, _options, done) => done(null, name, name.includes(':') ? 6 : 4);

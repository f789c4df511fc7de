/** Sockets of probes from a source of the file's choice. Loads the kernel's interface only where a key needs it. */
import { createSocket } from 'node:dgram';
import { connect, Socket, type SocketConstructorOpts } from 'node:net';
import { DirectorError, reasonOf } from '../../base/errors.js';
import type { ProbeSource } from '../../model/health-check.js';
import type { Socket as KernelSocket } from '../../../native/libc/socket.js';
import { openPing } from './ping.js';
import type { ProbeSockets } from './sockets.js';

/**
 * Opens sockets with this source.
 *
 * @param localPort asked for each connection; default: the kernel chooses
 * @throws DirectorError ERR_PROBE_SOURCE from each of its functions when the kernel refuses mark or interface
 */
export async function boundSockets(source: ProbeSource, localPort?: () => number): Promise<ProbeSockets> {
  const { address, interface: device, mark } = source;
  const from = address === null ? {} : { localAddress: address };
  const prepare = (socket: KernelSocket): void => {
    if (device !== null) refused(`interface ${device}`, () => socket.bindToDevice(device));
    if (mark !== null) refused(`mark ${mark}`, () => socket.setMark(mark));
  };
  const open = device === null && mark === null ? null : await opener(prepare);
  return {
    connect: ({ address: host, port }) => {
      const local = localPort === undefined ? from : { ...from, localPort: localPort() };
      if (open === null) return connect({ host, port, ...local });
      return ownedBy(open('stream', host)).connect({ host, port, ...local });
    },
    datagram: ({ address: host, port }) => {
      const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
      const joined = (): void => socket.connect(port, host);
      const own = { address, port: localPort?.() ?? 0 };
      if (open !== null) socket.bind({ fd: open('datagram', host, own) }, joined);
      else socket.bind({ ...(address === null ? {} : { address }), port: own.port, exclusive: true }, joined);
      return socket;
    },
    ping: (host, identifier) => openPing(host, identifier, prepare),
  };
}

/** A socket that is not connected yet; Node must not read from it before it is. */
function ownedBy(fd: number): Socket {
  const options: SocketConstructorOpts & { manualStart: boolean } = { fd, manualStart: true };
  return new Socket(options);
}

/** Of a datagram's own end; null = any address. */
interface OwnEnd {
  readonly address: string | null;
  readonly port: number;
}

type OpenSocket = (kind: 'stream' | 'datagram', host: string, own?: OwnEnd) => number;

/** Of a stream it is Node who binds: of a datagram that it is given open, it does not. */
async function opener(prepare: (socket: KernelSocket) => void): Promise<OpenSocket> {
  const { Socket: Native } = await import('../../../native/libc/socket.js');
  const { AF_INET, AF_INET6 } = await import('../../../native/inet/family.js');
  const { encodeSocketAddress } = await import('../../../native/inet/socket-address.js');
  const { SOCK_DGRAM, SOCK_STREAM } = await import('../../../native/libc/constants.js');
  return (kind, host, own) => {
    const isIpv6 = host.includes(':');
    const type = kind === 'stream' ? SOCK_STREAM : SOCK_DGRAM;
    const socket = Native.open(isIpv6 ? AF_INET6 : AF_INET, type, 0, 'probe socket');
    try {
      prepare(socket);
      if (own !== undefined && (own.address !== null || own.port > 0)) {
        const any = isIpv6 ? '::' : '0.0.0.0';
        socket.bind(encodeSocketAddress(own.address ?? any, isIpv6 ? 'ipv6' : 'ipv4', own.port));
      }
      return socket.release();
    } catch (error) {
      socket.close();
      throw error;
    }
  };
}

function refused(what: string, set: () => void): void {
  try {
    set();
  } catch (error) {
    throw new DirectorError(`send a probe with ${what}: ${reasonOf(error)}`, {
      code: 'ERR_PROBE_SOURCE',
      details: {},
      cause: error,
    });
  }
}

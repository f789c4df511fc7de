/** Processes and listening sockets of the calling thread's network namespace, from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';
import { formatAddress } from '../../../native/inet/address.js';
import type { HostProcess, Listener } from './types.js';

/** Processes that are in the thread's network namespace and of which the kernel tells us so. Never throws. */
export function readProcesses(): HostProcess[] {
  const own = linkText('/proc/thread-self/ns/net');
  return numbersIn('/proc')
    .filter((pid) => linkText(`/proc/${pid}/ns/net`) === own)
    .flatMap((pid) => {
      const name = printable(text(`/proc/${pid}/comm`));
      const words =
        text(`/proc/${pid}/cmdline`)
          ?.split('\0')
          .filter((word) => word !== '') ?? [];
      return name === undefined ? [] : [{ pid, name, words }];
    });
}

/** Any user may name a process, and the name goes into a script for root: nothing that ends a line or moves a cursor. */
export function printable(name: string | null): string | undefined {
  return name?.trimEnd().replace(/[^\x20-\x7e]/g, '?');
}

/** Sockets that wait for anybody. Never throws. */
export function readListeners(processes: readonly HostProcess[]): Listener[] {
  const sockets = [
    ...parseSockets(text('/proc/thread-self/net/tcp') ?? '', 'tcp'),
    ...parseSockets(text('/proc/thread-self/net/tcp6') ?? '', 'tcp'),
    ...parseSockets(text('/proc/thread-self/net/udp') ?? '', 'udp'),
    ...parseSockets(text('/proc/thread-self/net/udp6') ?? '', 'udp'),
  ];
  const wanted = new Set(sockets.map(({ inode }) => inode));
  const owners = new Map<string, HostProcess>();
  for (const process of processes) {
    for (const inode of socketsOf(process.pid)) if (wanted.has(inode)) owners.set(inode, process);
  }
  return sockets.map(({ inode, ...socket }) => ({ ...socket, process: owners.get(inode) ?? null }));
}

interface SocketLine extends Omit<Listener, 'process'> {
  readonly inode: string;
}

const TCP_LISTEN = '0A';
/** A UDP socket that is not connected. */
const UDP_OPEN = '07';

/** Lines `<n>: <address:port> <address:port> <state> <queues> <timer> <retransmits> <uid> <timeout> <inode> ...`. Never throws. */
export function parseSockets(table: string, protocol: Listener['protocol']): SocketLine[] {
  const state = protocol === 'tcp' ? TCP_LISTEN : UDP_OPEN;
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [address = '', port = ''] = (columns[1] ?? '').split(':');
    if (columns[3] !== state || address.length % 8 !== 0 || address === '') return [];
    return [{ protocol, address: addressOf(address), port: parseInt(port, 16), inode: columns[9] ?? '' }];
  });
}

/** The kernel prints each 32-bit word as a number of the host. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  return formatAddress(bytes, 0, bytes.length === 4 ? 'ipv4' : 'ipv6');
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return numbersIn(folder).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(linkText(`${folder}/${fd}`) ?? '') ?? [];
    return inode === undefined ? [] : [inode];
  });
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function linkText(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function text(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

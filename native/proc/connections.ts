/** The kernel's connection table, read line by line. Generic netlink does not show connections: these files alone do. */
import { CodecError } from '../netlink/errors.js';
import {
  parseConnectionLine,
  placeText,
  type LinePlace,
  parseOriginLine,
  type IpvsConnection,
  type IpvsOriginConnection,
} from './connection-line.js';
import { splitLines } from './lines.js';
import { OpenFile } from './open-file.js';

export type { IpvsConnection, IpvsEndpoint, IpvsOriginConnection } from './connection-line.js';

const bufferBytes = 64 * 1024;

/**
 * Gives the connections of this thread's network namespace in the kernel's hash order, one at a time: memory does not grow with
 * their number. A connection that comes or goes meanwhile may be missed or seen twice.
 *
 * The file is open from the first connection asked for until the last one was given or the loop was left. A generator that
 * is dropped half-way without `return()` keeps it open until the collector finds it.
 *
 * @param path default: of the thread (since Linux 3.17), for /proc/net is the main thread's and may be another namespace's
 * @throws SyscallError `ENOENT` where the module ip_vs is not loaded
 * @throws CodecError with the number of the line that is none
 * @see net/netfilter/ipvs/ip_vs_conn.c, ip_vs_conn_seq_show
 */
export function readConnections(
  path = '/proc/thread-self/net/ip_vs_conn',
): Generator<IpvsConnection, void, void> {
  return readTable(path, 'Expires', parseConnectionLine);
}

/**
 * The same connections, each with where it was first known, but without persistence engines: the kernel has two tables.
 *
 * @throws SyscallError, CodecError as `readConnections`
 * @see net/netfilter/ipvs/ip_vs_conn.c, ip_vs_conn_sync_seq_show
 */
export function readConnectionOrigins(
  path = '/proc/thread-self/net/ip_vs_conn_sync',
): Generator<IpvsOriginConnection, void, void> {
  return readTable(path, 'Origin', parseOriginLine);
}

/** @param column the heading that tells the two tables apart */
function* readTable<Row>(
  path: string,
  column: string,
  parse: (line: Buffer, place: LinePlace) => Row,
): Generator<Row, void, void> {
  const file = OpenFile.open(path);
  try {
    const read = (target: Uint8Array): number => file.read(target);
    const place: LinePlace = { path, number: 0 };
    for (const line of splitLines(read, path, bufferBytes)) {
      place.number++;
      if (place.number === 1) requireHeading(line, column, place);
      else yield parse(line, place);
    }
    if (place.number === 0) throw noHeading('the end of the file', { path, number: 1 });
  } finally {
    file.close();
  }
}

const flowHeading = ['Pro', 'FromIP', 'FPrt', 'ToIP', 'TPrt', 'DestIP', 'DPrt', 'State'].join(' ');

function requireHeading(line: Buffer, column: string, place: LinePlace): void {
  const text = line.toString('latin1');
  if (!text.replace(/ +/g, ' ').startsWith(`${flowHeading} ${column}`)) {
    throw noHeading(JSON.stringify(text), place);
  }
}

function noHeading(got: string, place: LinePlace): CodecError {
  const what = placeText(place);
  return new CodecError({ what, offset: 0, expected: 'the headings of a connection table', got });
}

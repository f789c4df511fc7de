/** Runs `-L -c`: a table that may hold millions of rows, read and printed in slices. */
import { SyscallError } from '../../native/libc/errno.js';
import { CodecError } from '../../native/netlink/errors.js';
import { ChunkedText } from './chunked-text.js';
import type { ListConnections } from './command.js';
import { connectionRow, connectionTitleLines } from './connection-table.js';
import type { ListedConnection } from './connection-table.js';
import type { ConnectionRows } from './context.js';
import { ListingError } from './listing-error.js';
import type { Names } from './names.js';
import type { Session } from './session.js';

/** Rows whose names are looked up together. */
const sliceLength = 1000;

interface Printer {
  readonly head: string;
  item(connection: ListedConnection, first: boolean): string;
  tail(empty: boolean): string;
}

/** @throws ListingError, TableUnavailableError */
export async function printConnections(command: ListConnections, session: Session): Promise<void> {
  // who may not see the table learns that first
  await session.table();
  const printer = await printerOf(command, session.names);
  const out = new ChunkedText(session.context.stdout);
  const lookUp = command.numeric || command.json ? null : session.names;
  let empty = true;
  let begun = false;
  try {
    for await (const slice of slicesOf(await session.context.connections())) {
      if (!begun) out.add(printer.head);
      begun = true;
      await lookUp?.lookUpNames(slice.flatMap(addressesOf));
      for (const connection of slice) {
        await out.put(printer.item(connection, empty));
        empty = false;
      }
    }
  } catch (error) {
    await out.end();
    throw listingError(error, begun);
  }
  out.add(printer.tail(empty));
  return out.end();
}

async function printerOf(command: ListConnections, allNames: Names): Promise<Printer> {
  if (command.json) {
    const { connectionItem, connectionsHead, listTail } = await import('./json.js');
    return { head: connectionsHead, item: connectionItem, tail: listTail };
  }
  const names = command.numeric ? null : allNames;
  return {
    head: connectionTitleLines(command.engines),
    item: (connection) => connectionRow(connection, command.engines, names),
    tail: () => '',
  };
}

/** At least one slice, which may be empty. Rows that are there are taken without a turn of the loop for each. */
async function* slicesOf(rows: ConnectionRows): AsyncGenerator<ListedConnection[], void> {
  if (Symbol.iterator in rows) {
    const iterator = rows[Symbol.iterator]();
    for (let slice = take(iterator); ; slice = take(iterator)) {
      yield slice;
      if (slice.length < sliceLength) return;
    }
  }
  let slice: ListedConnection[] = [];
  for await (const row of rows) {
    slice.push(row);
    if (slice.length < sliceLength) continue;
    yield slice;
    slice = [];
  }
  yield slice;
}

function take(rows: Iterator<ListedConnection>): ListedConnection[] {
  const slice: ListedConnection[] = [];
  while (slice.length < sliceLength) {
    const next = rows.next();
    if (next.done === true) break;
    slice.push(next.value);
  }
  return slice;
}

function addressesOf({ client, virtual, destination }: ListedConnection): string[] {
  return [client.address, virtual.address, destination.address];
}

function listingError(error: unknown, begun: boolean): unknown {
  if (error instanceof SyscallError && !begun) {
    return new ListingError('cannot open file /proc/net/ip_vs_conn', { cause: error });
  }
  if (!(error instanceof CodecError)) return error;
  const message = begun ? error.message : 'unexpected input from /proc/net/ip_vs_conn';
  return new ListingError(message, { cause: error });
}

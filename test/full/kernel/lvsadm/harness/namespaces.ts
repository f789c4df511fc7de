/** Network namespaces with a table in them, made cheaply: a thousand cases need about as many. */
import assert from 'node:assert/strict';
import { IpvsClient } from '../../../../../native/ipvs/client.js';
import { enterNewNetworkNamespace } from '../../../../../native/libc/namespace.js';
import { NetlinkConnection } from '../../../../../native/netlink/connection.js';
import { NETLINK_ROUTE } from '../../../../../native/netlink/constants.js';
import { SocketTransport } from '../../../../../native/netlink/socket-transport.js';
import { addAddress } from '../../../../../native/rtnetlink/addresses.js';
import { createLink, linkByName, setLinkState } from '../../../../../native/rtnetlink/links.js';
import { fixtures } from '../corpus/fixtures.js';
import type { FixtureName } from '../corpus/fixtures.js';
import { stockIpvsadm } from './stock.js';
import { canonicalText, readTable } from './table-state.js';
import type { TableState } from './table-state.js';

/** A namespace that this thread is in, and its client. */
export interface TableUnderTest {
  readonly client: IpvsClient;
  readonly before: TableState;
}

/**
 * Gives fixture tables one after the other, each in a namespace that this thread has entered.
 *
 * A namespace whose table its user left as it was is given again; the others go away with their last socket.
 */
export class FixtureTables {
  #current: { readonly fixture: FixtureName; readonly table: TableUnderTest; readonly text: string } | null =
    null;

  /** Enters a namespace with the table `fixture`, and `eth0` beside `lo`. */
  enter(fixture: FixtureName): TableUnderTest {
    const current = this.#current;
    if (current?.fixture === fixture && canonicalText(readTable(current.table.client)) === current.text) {
      return current.table;
    }
    this.close();
    enterNewNetworkNamespace();
    makeLinks();
    const client = IpvsClient.open();
    buildFixture(fixture);
    const before = readTable(client);
    this.#current = { fixture, table: { client, before }, text: canonicalText(before) };
    return this.#current.table;
  }

  /** Stops what the last table has running. May be called twice. */
  close(): void {
    const client = this.#current?.table.client;
    if (client === undefined) return;
    for (const { role } of client.daemons()) client.run({ command: 'stop-daemon', role });
    client.close();
    this.#current = null;
  }
}

/** A fixture that the stock program does not take whole is a mistake in the corpus. */
function buildFixture(name: FixtureName): void {
  if (fixtures[name] === '') return;
  const answer = stockIpvsadm({ argv: ['-R'], stdin: fixtures[name] });
  assert.deepEqual(answer, { stdout: '', stderr: '', exit: 0 }, `fixture ${name}`);
}

function makeLinks(): void {
  const connection = new NetlinkConnection(SocketTransport.open(NETLINK_ROUTE));
  try {
    setLinkState(connection, indexOf(connection, 'lo'), 'up');
    createLink(connection, { name: 'eth0', kind: 'dummy' });
    const index = indexOf(connection, 'eth0');
    addAddress(connection, { index, address: '198.51.100.1', prefixLength: 24 });
    addAddress(connection, { index, address: 'fd00:51::1', prefixLength: 64, noDad: true });
    setLinkState(connection, index, 'up');
  } finally {
    connection.close();
  }
}

function indexOf(connection: NetlinkConnection, name: string): number {
  const link = linkByName(connection, name);
  assert.ok(link !== null, name);
  return link.index;
}

/** Tables for one case after the other, in a network namespace of their own. */
import assert from 'node:assert/strict';
import { IpvsClient } from '../../../../../native/ipvs/client.js';
import type { IpvsRequest } from '../../../../../native/ipvs/types.js';
import { enterNewNetworkNamespace } from '../../../../../native/libc/namespace.js';
import { NetlinkConnection } from '../../../../../native/netlink/connection.js';
import { NETLINK_ROUTE } from '../../../../../native/netlink/constants.js';
import { SocketTransport } from '../../../../../native/netlink/socket-transport.js';
import { addAddress } from '../../../../../native/rtnetlink/addresses.js';
import { createLink, linkByName, setLinkState } from '../../../../../native/rtnetlink/links.js';
import { fixtures } from '../corpus/fixtures.js';
import type { FixtureName } from '../corpus/fixtures.js';
import { StockIpvsadm } from './stock.js';
import { readTable, toJson } from './table-state.js';
import type { ServiceState, TableState } from './table-state.js';

/**
 * One namespace, whose table is brought back to what a new namespace has, and to a fixture, before each case that needs it.
 *
 * That is ten times faster than a namespace a case. Nothing else remembers a case, since no packet flows; that it is brought
 * back is verified each time, down to the kernel's order.
 */
export class FixtureTables {
  readonly client: IpvsClient;
  readonly ipvsadm: StockIpvsadm;
  readonly #empty: TableState;
  readonly #built = new Map<FixtureName, TableState>();
  #current: FixtureName = 'empty';

  /** Moves this thread into a new namespace, with `eth0` beside `lo`, and leaves it there. */
  constructor() {
    enterNewNetworkNamespace();
    makeLinks();
    this.client = IpvsClient.open();
    this.ipvsadm = new StockIpvsadm();
    this.#empty = readTable(this.client);
    this.#built.set('empty', this.#empty);
  }

  /** Makes the table that of `fixture`, and gives it. */
  enter(fixture: FixtureName): TableState {
    const wanted = this.#built.get(fixture);
    if (wanted !== undefined && this.#current === fixture && this.#holds(wanted)) return wanted;
    this.#clear();
    this.#current = fixture;
    if (wanted === undefined) return this.#build(fixture);
    const errors = this.client.batch(requestsFor(wanted)).filter((error) => error !== null);
    assert.deepEqual(errors, [], `fixture ${fixture}`);
    assert.ok(this.#holds(wanted), `fixture ${fixture} is not what it was before`);
    return wanted;
  }

  /** May be called twice. */
  close(): void {
    stopDaemons(this.client);
    this.client.close();
    this.ipvsadm.close();
  }

  /** The first time by the stock program, for whom it is written. */
  #build(name: FixtureName): TableState {
    const answer = this.ipvsadm.run({ argv: ['-R'], stdin: fixtures[name] });
    assert.deepEqual(answer, { stdout: '', stderr: '', exit: 0 }, `fixture ${name}`);
    const table = readTable(this.client);
    this.#built.set(name, table);
    return table;
  }

  #holds(table: TableState): boolean {
    return toJson(readTable(this.client)) === toJson(table);
  }

  #clear(): void {
    stopDaemons(this.client);
    this.client.run({ command: 'flush' });
    this.client.run({ command: 'set-timeouts', timeouts: this.#empty.timeouts });
    assert.ok(this.#holds(this.#empty), 'the table is not empty');
  }
}

function stopDaemons(client: IpvsClient): void {
  const daemons = client.daemons();
  // one whose thread has never run is stopped without an acknowledgement, which takes a second to miss
  if (daemons.length > 0) letOthersRun();
  for (const { role } of daemons) client.run({ command: 'stop-daemon', role });
}

/** In the guest, which has one processor, a thread of the kernel waits until this one sleeps. */
export function letOthersRun(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

/** The kernel puts what is new in front, so the last of its list is made first. */
function requestsFor({ services }: TableState): IpvsRequest[] {
  return [...services]
    .reverse()
    .flatMap((service: ServiceState) => [
      { command: 'add-service' as const, service },
      ...[...service.destinations]
        .reverse()
        .map((destination) => ({ command: 'add-destination' as const, service, destination })),
    ]);
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

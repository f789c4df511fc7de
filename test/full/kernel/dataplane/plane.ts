/** The kernel plane on the kernel's own table, and steps to give it in few words. */
import assert from 'node:assert/strict';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { NETLINK_GENERIC } from '../../../../native/netlink/constants.js';
import { SocketTransport } from '../../../../native/netlink/socket-transport.js';
import type { Transport } from '../../../../native/netlink/transport.js';
import { realClock } from '../../../../src/base/clock.js';
import {
  KernelDataplane,
  type KernelDataplaneOptions,
} from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import type { Step, StepError, StepResult } from '../../../../src/dataplane/types.js';
import type { TableServer, TableService } from '../../../../src/model/desired-state.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';

/** Runs `body` with a plane in a new namespace. */
export function withPlane(
  body: (plane: KernelDataplane, table: IpvsClient) => Promise<void>,
  options: Partial<KernelDataplaneOptions> = {},
): Promise<void> {
  return inNewNamespace(async () => {
    const table = IpvsClient.open();
    const plane = new KernelDataplane({ clock: realClock, ...options, table });
    try {
      await body(plane, table);
    } finally {
      await plane.close();
    }
  });
}

/** The commands of the messages that went to the kernel: generic netlink's, by number. */
export class CountingTransport implements Transport {
  readonly #transport = SocketTransport.open(NETLINK_GENERIC);
  readonly commands: number[] = [];

  /** A client that is counted. */
  open(): IpvsClient {
    return IpvsClient.connect(new NetlinkConnection(this));
  }

  send(datagram: Uint8Array): void {
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    for (let offset = 0; offset + headerBytes < datagram.length;) {
      // in the byte order of the machine, which is little-endian wherever the test kernel runs
      const length = view.getUint32(offset, true);
      const type = view.getUint16(offset + 4, true);
      if (type >= firstFamily) this.commands.push(datagram[offset + headerBytes] ?? -1);
      offset += (length + 3) & ~3;
    }
    this.#transport.send(datagram);
  }

  receive(waitMs: number): Uint8Array | null {
    return this.#transport.receive(waitMs);
  }

  close(): void {
    this.#transport.close();
  }
}

const headerBytes = 16;
/** Below are messages of netlink itself, the barrier of a batch among them, and the family that names families. */
const firstFamily = 0x11;

export const create = (service: TableService): Step => ({ kind: 'create-service', phase: 1, service });

export const edit = (service: TableService): Step => ({
  kind: 'edit-service',
  phase: 1,
  service,
  changes: [],
});

export const add = (service: TableService, server: TableServer): Step => ({
  kind: 'add-server',
  phase: 2,
  service,
  server,
});

export const editServer = (service: TableService, server: TableServer): Step => ({
  kind: 'edit-server',
  phase: 2,
  service,
  server,
  changes: [],
  liveConnections: 0,
});

export const removeServer = (service: TableService, server: TableServer): Step => ({
  kind: 'delete-server',
  phase: 3,
  service,
  server,
  liveConnections: 0,
});

export const removeService = (service: TableService): Step => ({
  kind: 'delete-service',
  phase: 4,
  service,
  liveConnections: 0,
});

export function assertDone(results: readonly StepResult[]): void {
  for (const result of results) if (!result.ok) throw result.error;
}

export async function succeed(plane: KernelDataplane, ...steps: Step[]): Promise<void> {
  for (const step of steps) assertDone(await plane.apply([step]));
}

export async function errorOf(plane: KernelDataplane, step: Step): Promise<StepError> {
  const [result] = await plane.apply([step]);
  assert.ok(result?.ok === false, `${step.kind} was done`);
  return result.error;
}

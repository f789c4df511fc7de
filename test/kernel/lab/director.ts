/** A director of the lab as lvsd makes one: the file's text is loaded, planned and applied to the kernel's table. */
import assert from 'node:assert/strict';
import { IpvsClient } from '../../../native/ipvs/client.js';
import { readConnections } from '../../../native/proc/connections.js';
import { realClock } from '../../../src/base/clock.js';
import { EventLog } from '../../../src/controller/event-log.js';
import { Reconciler } from '../../../src/controller/reconciler.js';
import type { SnapshotFrame } from '../../../src/controller/status.js';
import { KernelDataplane } from '../../../src/dataplane/kernel/kernel-dataplane.js';
import { loadText } from '../../support/config-text.js';
import type { Lab, LabDirector } from './lab.js';

/** A server as the file has it, with its endpoint in two. */
export interface ServerEntry {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight?: number;
  readonly forwarding?: 'nat' | 'dr' | 'tun';
  readonly tunnel?: Readonly<Record<string, unknown>>;
  readonly upper_threshold?: number;
}

/** A service as the file has it, with its endpoint in two; servers are not checked unless it says so. */
export interface ServiceEntry {
  readonly name: string;
  /** Left out with `fwmark`. */
  readonly address?: string;
  readonly port?: number;
  readonly servers: readonly ServerEntry[];
  readonly [key: string]: unknown;
}

/** A file of these services. (JSON is YAML.) */
export function configText(services: readonly ServiceEntry[]): string {
  return JSON.stringify({ services: services.map(withEndpoints) });
}

function withEndpoints({ address, port = 0, servers, ...rest }: ServiceEntry): Record<string, unknown> {
  return {
    check: { type: 'none' },
    ...rest,
    ...(address === undefined ? {} : { address: endpoint(address, port) }),
    servers: servers.map((server) => ({
      ...server,
      port: undefined,
      address: endpoint(server.address, server.port),
    })),
  };
}

function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Makes these services, and nothing else, the director's table: what was there goes, and with it the schedulers'
 * memory. What is programmed is asked for a second time, which must find nothing left to do.
 */
export async function program(
  lab: Lab,
  services: readonly ServiceEntry[],
  director: LabDirector = lab.director,
): Promise<void> {
  const table = director.namespace.within(() => IpvsClient.open());
  const dataplane = new KernelDataplane({
    table,
    clock: realClock,
    readConnections: () => director.namespace.within(() => [...readConnections()]),
  });
  try {
    table.run({ command: 'flush' });
    const { model } = await loadText(configText(services));
    const reconciler = new Reconciler({
      dataplane,
      model,
      clock: realClock,
      random: () => 0,
      events: new EventLog(realClock),
      frame: () => frame,
    });
    try {
      const { failures } = await reconciler.start();
      assert.deepEqual(failures, [], 'steps that failed');
      const { steps } = await reconciler.preview(model);
      assert.deepEqual(steps, [], 'steps that are planned anew for what was just applied');
    } finally {
      await reconciler.close();
    }
  } finally {
    await dataplane.close();
  }
}

const frame: SnapshotFrame = {
  director: { name: 'lab', version: '0', pid: 1, startedAtMs: 0 },
  dataplane: { kind: 'kernel', reason: 'configured' },
  config: {
    file: '/etc/lvsd/lvsd.yaml',
    revision: 1,
    digest: '0123456789ab',
    loadedAtMs: 0,
    source: 'file',
    lastReload: null,
    reloads: { accepted: 1, refused: 0 },
  },
};

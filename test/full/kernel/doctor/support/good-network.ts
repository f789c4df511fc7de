import assert from 'node:assert/strict';
import { names } from '../../../../kernel/lab/clients.js';
import { program, type ServiceEntry } from '../../../../kernel/lab/director.js';
import type { Lab } from '../../../../kernel/lab/lab.js';
import { examine, titles } from './clinic.js';

/** Who answers a round of rr: the last one added first. */
export const everybody = ['rs3', 'rs2', 'rs1'];

/** One service for each version, by one method. */
export function services(lab: Lab, forwarding: 'nat' | 'dr' | 'tun', more: object = {}): ServiceEntry[] {
  return ([4, 6] as const).map((version) => ({
    name: `v${version}`,
    address: lab.vip[version],
    port: 80,
    scheduler: 'rr',
    forwarding,
    ...more,
    servers: lab.servers.map((host) => ({ name: host.name, address: host.address[version], port: 80 })),
  }));
}

/** Answers come, and the doctor has no complaint. */
export async function assertWell(
  lab: Lab,
  all: readonly ServiceEntry[],
  round: readonly string[] = everybody,
): Promise<void> {
  await program(lab, all);
  for (const { address = '' } of all) {
    assert.deepEqual(
      await names(lab.client, { protocol: 'tcp', address, port: 80 }, round.length),
      round,
      address,
    );
  }
  assert.deepEqual(titles(await examine(all, lab.director), 'fault', 'warning'), []);
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { schedulerNames } from '../../../../schedulers/registry.js';
import type { Target } from '../../../kernel/lab/answers.js';
import { hold, NoAnswer, type HeldConnection } from '../../../kernel/lab/clients.js';
import { program } from '../../../kernel/lab/director.js';
import { Lab, type LabHost } from '../../../kernel/lab/lab.js';
import { addressLine } from '../../../kernel/lab/network.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { scheduledOrder } from '../../../kernel/lab/scheduled.js';
import { serve } from '../../../kernel/lab/servers.js';

/** Three of each version, beside the client's own. */
const moreAddresses = {
  4: ['10.1.0.41', '10.1.0.42', '10.1.0.47'],
  6: ['fd00:1::41', 'fd00:1::42', 'fd00:1::47'],
} as const;

describe('held connections', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.create({ layout: 'two' });
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    lab.client.namespace.ip(
      ...moreAddresses[4].map((address) => addressLine(`${address}/24`, 'eth0')),
      ...moreAddresses[6].map((address) => addressLine(`${address}/64`, 'eth0')),
    );
    await serve(lab, { port: 8080, protocols: ['tcp'] });
  });
  after(() => lab.close());

  let port = 1000;
  for (const scheduler of schedulerNames) {
    for (const version of [4, 6] as const) {
      it(`are where ${scheduler} puts them, over IPv${version}`, async () => {
        // on a port of its own: the kernel remembers the counts of servers that it had
        port++;
        const servers = lab.servers.map(({ name, address }, index) => ({
          name,
          address: address[version],
          port: 8080,
          weight: [3, 1, 2][index]!,
        }));
        const service = {
          name: 'order',
          address: lab.vip[version],
          port,
          protocol: 'tcp',
          scheduler,
          servers,
        } as const;
        await program(lab, [service]);
        const addresses = [lab.client.address[version], ...moreAddresses[version]];
        const sources = Array.from({ length: 16 }, (_, index) => addresses[(index * 3) % addresses.length]!);
        const expected = scheduledOrder(
          service,
          sources.map((address) => ({ address })),
        );
        const target = { protocol: 'tcp', address: lab.vip[version], port } as const;
        const held: (HeldConnection | null)[] = [];
        try {
          for (const from of sources) held.push(await holdUnlessRefused(lab.client, target, from));
          assert.deepEqual(
            held.map((connection) => connection?.seen.server ?? null),
            expected,
          );
          assert.deepEqual(
            held.map((connection) => connection?.seen.client ?? null),
            sources.map((source, index) => (expected[index] === null ? null : source)),
          );
        } finally {
          for (const connection of held) await connection?.close();
        }
      });
    }
  }
});

/** Null when the director refuses, as it does for want of a server. */
async function holdUnlessRefused(
  client: LabHost,
  target: Target,
  from: string,
): Promise<HeldConnection | null> {
  try {
    return await hold(client, target, { from });
  } catch (error) {
    if (error instanceof NoAnswer && error.code === 'ECONNREFUSED') return null;
    throw error;
  }
}

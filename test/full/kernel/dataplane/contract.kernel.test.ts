/** The contract of data planes, with connections from a client's namespace through the director's to a server's. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { readConnections, type IpvsConnection } from '../../../../native/proc/connections.js';
import { realClock } from '../../../../src/base/clock.js';
import { KernelDataplane } from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import { dataplaneContract } from '../../../contract/dataplane.js';
import { ask } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';

const firstPort = 8000;

describe('on the kernel', () => {
  let lab: Lab;
  let port = firstPort;

  before(() => {
    lab = Lab.create({ layout: 'two' });
    lab.holdVip();
    for (const host of lab.servers) routeThrough(host, lab.director);
  });
  after(() => lab.close());

  /** Those of the director's namespace, where the file is opened. Earlier tests' connections live on for minutes. */
  function* connectionsSince(lastPort: number): Generator<IpvsConnection, void> {
    const lines = readConnections();
    for (
      let line = lab.director.namespace.within(() => lines.next());
      line.done !== true;
      line = lines.next()
    )
      if (line.value.virtual.port > lastPort) yield line.value;
  }

  dataplaneContract('KernelDataplane', () => {
    const table = lab.director.namespace.within(() => IpvsClient.open());
    const lastPort = port;
    const plane = new KernelDataplane({
      table,
      clock: realClock,
      readConnections: () => connectionsSince(lastPort),
    });
    let servers = 0;
    return Promise.resolve({
      plane,
      freeAddress: () =>
        Promise.resolve({ kind: 'address', family: 4, address: lab.vip[4], port: ++port, protocol: 'tcp' }),
      freeServer: async () => {
        const host = lab.servers[servers++ % lab.servers.length]!;
        await serve(lab, { hosts: [host], port: ++port, protocols: ['tcp'] });
        return { family: 4, address: host.address[4], port };
      },
      connect: async (service) => {
        assert.ok(service.address.kind === 'address');
        const { address, port: asked } = service.address;
        await ask(lab.client, { protocol: 'tcp', address, port: asked });
        // the kernel refreshes its counters every two seconds, and tells nobody
        for (let attempt = 0; attempt < 200; attempt++) {
          const entry = (await plane.observe(new Set([service.key]))).get(service.key);
          if (entry?.counters.connections === 1) return;
          await sleep(50);
        }
        assert.fail('the connection is not counted');
      },
      close: async () => {
        await plane.close();
        const flush = lab.director.namespace.within(() => IpvsClient.open());
        flush.run({ command: 'flush' });
        flush.close();
      },
    });
  });
});

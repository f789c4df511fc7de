import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpvsServiceConfig } from '../../../../native/ipvs/types.js';
import { KernelDataplane } from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import { realClock } from '../../../../src/base/clock.js';
import type { ServiceKey } from '../../../../src/model/keys.js';
import { FakeIpvsTable, refusal } from '../../../support/fake-ipvs-table.js';
import { kernelPlane } from '../../../support/kernel-plane.js';

const web: IpvsServiceConfig = {
  family: 'ipv4',
  protocol: 6,
  address: '192.0.2.10',
  port: 80,
  scheduler: 'wlc',
  flags: 0,
  timeoutSec: 0,
  netmask: 0xffffffff,
  persistenceEngine: null,
};
const webKey = 'tcp:192.0.2.10:80' as ServiceKey;
const first = {
  family: 'ipv4',
  address: '10.0.0.1',
  port: 80,
  forwarding: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: null,
} as const;

function filled(): FakeIpvsTable {
  const { table } = kernelPlane();
  table.run({ command: 'add-service', service: web });
  table.run({ command: 'add-destination', service: web, destination: first });
  table.run({ command: 'add-destination', service: web, destination: { ...first, address: '10.0.0.2' } });
  table.run({
    command: 'add-service',
    service: { ...web, scheduler: 'none', protocol: 47, port: 0, flags: 0x1, netmask: 0xff00ff00 },
  });
  table.countService(web, {
    connections: 5n,
    inBytes: 2n ** 53n + 1n,
    outBytes: 2n ** 60n,
    inPackets: 2n ** 40n,
  });
  table.countDestination(web, first, {
    activeConnections: 3,
    inactiveConnections: 4,
    persistentConnections: 2,
    stats: {
      ...{ connections: 4n, inPackets: 5n, outPackets: 6n, inBytes: 10n, outBytes: 20n },
      ...{ connectionsPerSec: 1n, inPacketsPerSec: 2n, outPacketsPerSec: 3n },
      ...{ inBytesPerSec: 7n, outBytesPerSec: 8n },
    },
  });
  return table;
}

function planeOn(table: FakeIpvsTable): KernelDataplane {
  return new KernelDataplane({ table, clock: realClock });
}

describe('the observed kernel table', () => {
  it('has live numbers, and says what the kernel does not tell', async () => {
    const service = (await planeOn(filled()).observe()).get(webKey);
    assert.deepEqual(service?.servers.get('10.0.0.1:80' as never), {
      name: '10.0.0.1:80',
      key: '10.0.0.1:80',
      family: 4,
      address: '10.0.0.1',
      port: 80,
      weight: 1,
      forwarding: 'nat',
      tunnel: null,
      upperThreshold: 0,
      lowerThreshold: 0,
      activeConnections: 3,
      inactiveConnections: 4,
      overloaded: null,
      persistentConnections: 2,
      counters: { connections: 4, bytesIn: 10, bytesOut: 20, packetsIn: 5, packetsOut: 6, refused: 0 },
      rates: { connections: 1, packetsIn: 2, packetsOut: 3, bytesIn: 7, bytesOut: 8 },
    });
    assert.equal('removed' in service, false);
    assert.equal('plane' in service, false);
  });

  it('has servers in the kernel order, newest first', async () => {
    const service = (await planeOn(filled()).observe()).get(webKey);
    assert.deepEqual([...(service?.servers.keys() ?? [])], ['10.0.0.2:80', '10.0.0.1:80']);
  });

  it('rounds counters that no number holds', async () => {
    const counters = (await planeOn(filled()).observe()).get(webKey)?.counters;
    assert.deepEqual(counters, {
      connections: 5,
      bytesIn: 2 ** 53,
      bytesOut: 2 ** 60,
      packetsIn: 2 ** 40,
      packetsOut: 0,
      refused: 0,
      retries: 0,
    });
  });

  it('shows foreign services that lvsd has no words for', async () => {
    const service = (await planeOn(filled()).observe()).get('ip-47:192.0.2.10:0' as ServiceKey);
    assert.deepEqual(
      [service?.settings.scheduler, service?.settings.persistence],
      ['none', { timeoutSec: 0, prefixLength: 0 }],
    );
  });

  it('asks for the named services alone', async () => {
    const table = filled();
    table.services = () => assert.fail('the whole table was listed');
    const gone = 'tcp:192.0.2.11:80' as ServiceKey;
    const observed = await planeOn(table).observe(new Set([gone, webKey, 'match:calls' as ServiceKey]));
    assert.deepEqual([...observed.keys()], [webKey]);
  });

  it('is never a part of the table', async () => {
    const table = filled();
    table.destinations = () => {
      throw refusal('list-destinations', 'ENOMEM');
    };
    await assert.rejects(planeOn(table).observe(), {
      code: 'ERR_TABLE_UNREADABLE',
      retryable: true,
      message: "list the kernel's table: list-destinations: ENOMEM",
    });
  });

  it('is told from a service that cannot be read', async () => {
    const table = filled();
    table.service = () => {
      throw refusal('get-service', 'EPERM');
    };
    await assert.rejects(planeOn(table).observe(new Set([webKey])), { code: 'ERR_TABLE_UNREADABLE' });
  });

  it('leaves the loop its turns while it is large', async () => {
    const table = new FakeIpvsTable();
    for (let index = 0; index < 2000; index++) {
      const service = { ...web, port: index + 1 };
      table.run({ command: 'add-service', service });
      for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
        table.run({ command: 'add-destination', service, destination: { ...first, address } });
    }
    // as slow as a kernel
    const list = table.destinations.bind(table);
    table.destinations = (key) => {
      const until = performance.now() + 0.05;
      while (performance.now() < until);
      return list(key);
    };
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const observed = await planeOn(table).observe();
    done = true;
    assert.equal(observed.size, 2000);
    assert.ok(turns > 10, `${turns} turns of the loop`);
  });
});

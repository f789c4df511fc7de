import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BelievedTable } from '../../../src/controller/believed-table.js';
import type { ObservedTable } from '../../../src/dataplane/types.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { server, tableService } from '../../support/models.js';

const shop = tableService('shop', '192.0.2.10:80');
const mail = tableService('mail', '192.0.2.11:25');

function tableOf(weight: number, ...services: (typeof shop)[]): Promise<ObservedTable> {
  const plane = new FakeDataplane();
  for (const service of services) plane.externalService(service, [server('10.0.0.1:80', { weight })]);
  return plane.observe();
}

function weights({ services }: BelievedTable): Record<string, number[]> {
  return Object.fromEntries(
    [...services.values()].map(({ name, servers }) => [name, [...servers.values()].map((s) => s.weight)]),
  );
}

describe('BelievedTable', () => {
  it('takes over a dump, but for the services to keep', async () => {
    const table = new BelievedTable();
    table.replaceAll(await tableOf(1, shop, mail), () => false);
    table.replaceAll(await tableOf(2, shop, mail), (key) => key === shop.key);
    assert.deepEqual(weights(table), { shop: [1], mail: [2] });
    table.replaceAll(await tableOf(3, mail), (key) => key === shop.key);
    assert.deepEqual(weights(table), { mail: [3], shop: [1] });
    table.replaceAll(await tableOf(3), () => false);
    assert.deepEqual(weights(table), {});
  });

  it('keeps no entry of which it is not sure', async () => {
    const table = new BelievedTable();
    table.replaceAll(await tableOf(1, shop), () => false);
    table.markStale(shop.key);
    table.replaceAll(await tableOf(2, shop), () => true);
    assert.deepEqual([weights(table), table.stale.size], [{ shop: [2] }, 0]);
  });

  it('is sure again of the services that were dumped', async () => {
    const table = new BelievedTable();
    table.replaceAll(await tableOf(1, shop, mail), () => false);
    for (const { key } of [shop, mail]) table.markStale(key);
    table.replaceSome(new Set([shop.key]), await tableOf(2, shop));
    assert.deepEqual([weights(table), [...table.stale]], [{ shop: [2], mail: [1] }, [mail.key]]);
    table.replaceSome(new Set([mail.key]), new Map());
    assert.deepEqual(weights(table), { shop: [2] });
  });
});

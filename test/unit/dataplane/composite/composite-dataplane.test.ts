import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompositeDataplane } from '../../../../src/dataplane/composite/composite-dataplane.js';
import type { ConnectionRecord, Dataplane, Step } from '../../../../src/dataplane/types.js';
import type { TableService } from '../../../../src/model/desired-state.js';
import type { ServicePlane } from '../../../../src/model/virtual-service.js';
import { FakeDataplane } from '../../../support/fake-dataplane.js';
import { server, serverKeyOf, tableService } from '../../../support/models.js';

interface World {
  readonly kernel: FakeDataplane;
  readonly proxy: FakeDataplane;
  readonly plane: CompositeDataplane;
}

function world(): World {
  const planes = { kernel: new FakeDataplane('kernel'), proxy: new FakeDataplane('proxy') };
  return { ...planes, plane: new CompositeDataplane(planes) };
}

function on(plane: ServicePlane, name: string, address: string): TableService {
  return { ...tableService(name, address), plane };
}

const create = (service: TableService): Step => ({ kind: 'create-service', phase: 1, service });
const shop = on('kernel', 'shop', '192.0.2.10:80');
const mail = on('proxy', 'mail', '192.0.2.11:25');

describe('CompositeDataplane', () => {
  it('gives each step to the plane of its service, with one batch a plane', async () => {
    const { plane, kernel, proxy } = world();
    const news = on('kernel', 'news', '192.0.2.12:119');
    const results = await plane.apply([create(shop), create(mail), create(news)]);
    assert.deepEqual(results, [{ ok: true }, { ok: true }, { ok: true }]);
    assert.deepEqual([...kernel.table.keys()], [shop.key, news.key]);
    assert.deepEqual([...proxy.table.keys()], [mail.key]);
    assert.deepEqual([kernel.batches.length, proxy.batches.length], [1, 1]);
  });

  it('takes a service without a plane for the kernel its own', async () => {
    const { plane, kernel } = world();
    await plane.apply([create(tableService('shop', '192.0.2.10:80'))]);
    assert.equal(kernel.table.size, 1);
  });

  it('answers by place when a step of one plane fails', async () => {
    const { plane, proxy } = world();
    proxy.failStep = () => 'EADDRINUSE';
    const results = await plane.apply([create(mail), create(shop)]);
    assert.deepEqual(
      results.map((result) => (result.ok ? 'ok' : result.error.message)),
      ['create service tcp:192.0.2.11:25: EADDRINUSE', 'ok'],
    );
  });

  it('fails the steps of a plane that rejects, and no other', async () => {
    const { plane, proxy } = world();
    proxy.apply = () => Promise.reject(new Error('broken'));
    const [ofProxy, ofKernel] = await plane.apply([create(mail), create(shop)]);
    assert.ok(ofProxy?.ok === false && ofProxy.error.retryable);
    assert.equal(
      ofProxy.error.message,
      'create service tcp:192.0.2.11:25: the proxy plane gave no result: broken',
    );
    assert.deepEqual(ofKernel, { ok: true });
  });

  it('observes both tables, and says which plane serves what', async () => {
    const { plane, kernel, proxy } = world();
    kernel.externalService(shop, [server('10.0.0.1:80')]);
    proxy.externalService(mail);
    const table = await plane.observe();
    assert.deepEqual(
      [...table].map(([key, entry]) => [key, entry.plane, entry.servers.size]),
      [
        [shop.key, 'kernel', 1],
        [mail.key, 'proxy', 0],
      ],
    );
    assert.deepEqual([...(await plane.observe(new Set([mail.key]))).keys()], [mail.key]);
    assert.deepEqual([kernel.dumps.at(-1), proxy.dumps.at(-1)], [new Set([mail.key]), new Set([mail.key])]);
  });

  it('shows the kernel entry where both have one, for it takes the packets', async () => {
    const { plane, kernel, proxy } = world();
    kernel.externalService(mail);
    proxy.externalService(mail, [server('10.0.0.1:25')]);
    const entry = (await plane.observe()).get(mail.key);
    assert.deepEqual([entry?.plane, entry?.servers.size], ['kernel', 0]);
  });

  it('rejects when either table cannot be read: a part of the table is none', async () => {
    const { plane, proxy } = world();
    proxy.failObserve = 'no';
    await assert.rejects(plane.observe(), /no/);
  });

  it('lists the connections of both', async () => {
    const record = (service: TableService): ConnectionRecord => ({
      service: service.key,
      server: serverKeyOf('10.0.0.1:80'),
      protocol: 'tcp',
      family: 4,
      client: '198.51.100.1:40000',
      virtual: '192.0.2.10:80',
      state: 'ESTABLISHED',
      bytesIn: null,
      bytesOut: null,
      ageMs: null,
    });
    const listing = (fake: FakeDataplane, service: TableService): Dataplane =>
      Object.assign(fake, {
        connections: async function* () {
          yield await Promise.resolve(record(service));
        },
      });
    const { kernel, proxy } = world();
    const plane = new CompositeDataplane({ kernel: listing(kernel, shop), proxy: listing(proxy, mail) });
    const services: string[] = [];
    for await (const { service } of plane.connections({})) services.push(service);
    assert.deepEqual(services, [shop.key, mail.key]);
  });

  it('closes both, though one fails', async () => {
    const { plane, kernel, proxy } = world();
    proxy.close = () => Promise.reject(new Error('stuck'));
    await assert.rejects(plane.close(), /stuck/);
    assert.equal(kernel.closes, 1);
  });
});

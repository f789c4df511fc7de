import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { controllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, serverKeyOf, service, verdict, type ServiceChanges } from '../../support/models.js';

const CHECK = {} as VirtualService['checks'][number];
const [HERE, THERE] = [keyOf('192.0.2.10:80'), keyOf('192.0.2.11:80')];
const [A, B, C] = ['10.0.1.11:80', '10.0.1.12:80', '10.0.1.13:80'] as const;
const [a, b, c] = [serverKeyOf(A), serverKeyOf(B), serverKeyOf(C)];

function shopAt(address: string, changes: ServiceChanges = {}, name = 'shop') {
  return service(name, address, [A, B, C], changes);
}

async function moved(changes: ServiceChanges = {}) {
  const told: string[] = [];
  const rig = controllerRig(model([shopAt('192.0.2.10:80', changes)]), 'fake', {
    onStates: (change) => told.push(change),
  });
  await rig.reconciler.start();
  return { ...rig, told, move: () => move(rig, changes) };
}

async function move({ reconciler }: ReturnType<typeof controllerRig>, changes: ServiceChanges) {
  await reconciler.setModel(model([shopAt('192.0.2.11:80', changes)]), { cause: null, force: true });
}

describe('a service that the file gives another address', () => {
  it('keeps what operators ordered about its servers', async () => {
    const { reconciler, plane, clock, told, move } = await moved();
    await reconciler.drains.beginMaintenance(HERE, a, { by: 'anna', reason: 'new disk' });
    await reconciler.drains.drain(HERE, b, { by: 'anna' });
    await reconciler.setWeight(HERE, c, 7, 'anna');
    told.length = 0;
    await move();
    assert.equal(told.includes('override'), true);
    assert.equal(plane.server(THERE, c)?.weight, 7);
    for (const server of [a, b]) assert.equal(plane.server(THERE, server)?.weight ?? 0, 0);
    await clock.advanceAsync(1000);
    assert.deepEqual([...(plane.table.get(THERE)?.servers.keys() ?? [])], [c]);
    assert.deepEqual(
      reconciler.drains.list().map(({ service, server }) => [service, server]),
      [
        [THERE, a],
        [THERE, b],
      ],
    );
    await reconciler.drains.endMaintenance(THERE, a, 'anna');
    assert.equal(plane.server(THERE, a)?.weight, 1);
  });

  it('lets no server in that is known to be down, and holds back whom it held', async () => {
    const { reconciler, plane, clock, move } = await moved({ recovery: { kind: 'manual' }, checks: [CHECK] });
    reconciler.setVerdict(HERE, a, verdict('down'));
    reconciler.setVerdict(HERE, b, verdict('down'));
    reconciler.setVerdict(HERE, b, verdict('up'));
    await settle();
    await move();
    assert.deepEqual([...(plane.table.get(THERE)?.servers.keys() ?? [])], [c]);
    await reconciler.drains.undrain(THERE, b, 'anna');
    assert.equal(plane.server(THERE, b)?.weight, 1);
    await clock.advanceAsync(1000);
    assert.equal(plane.server(THERE, a), undefined);
  });

  it('believes no verdict that no check could ever lift', async () => {
    const { reconciler, plane, move } = await moved();
    reconciler.setVerdict(HERE, a, verdict('down'));
    await move();
    assert.equal(plane.server(THERE, a)?.weight, 1);
  });

  it('keeps the orders also when it moved while lvsd was stopped', async () => {
    const { reconciler, plane } = await moved();
    await reconciler.drains.beginMaintenance(HERE, a, { by: 'anna', reason: 'new disk' });
    await reconciler.close();
    const { maintenance, drains } = reconciler.states;
    const rig = controllerRig(model([shopAt('192.0.2.11:80')]), 'fake', {
      plane,
      owned: reconciler.owned,
      states: { maintenance, drains },
    });
    await rig.reconciler.start();
    await rig.clock.advanceAsync(1000);
    assert.deepEqual([...(plane.table.get(THERE)?.servers.keys() ?? [])], [b, c]);
    assert.equal(rig.reconciler.drains.list()[0]?.maintenance?.reason, 'new disk');
  });

  it('keeps the orders also when it moves back before its first entry could be deleted', async () => {
    const { reconciler, plane, move } = await moved();
    await reconciler.setWeight(HERE, c, 7, 'anna');
    await reconciler.drains.beginMaintenance(HERE, a, { by: 'anna', reason: 'new disk' });
    plane.failStep = ({ kind }) => (kind === 'delete-service' ? 'EBUSY' : null);
    await move();
    await reconciler.setModel(model([shopAt('192.0.2.10:80')]), { cause: null, force: true });
    assert.equal(plane.server(HERE, c)?.weight, 7);
    assert.equal(plane.server(HERE, a)?.weight ?? 0, 0);
    assert.deepEqual([...reconciler.states.maintenance.keys()], [HERE]);
  });

  it('holds back who is down when the same file asks for that', async () => {
    const { reconciler, plane } = await moved({ checks: [CHECK] });
    reconciler.setVerdict(HERE, a, verdict('down'));
    await settle();
    const next = shopAt('192.0.2.11:80', { checks: [CHECK], recovery: { kind: 'manual' } });
    await reconciler.setModel(model([next]), { cause: null, force: true });
    reconciler.setVerdict(THERE, a, verdict('up'));
    await settle();
    assert.equal(plane.server(THERE, a), undefined);
    await reconciler.drains.undrain(THERE, a, 'anna');
    assert.equal(plane.server(THERE, a)?.weight, 1);
  });

  it('gives nothing to another service that takes the name while it goes on itself', async () => {
    const { reconciler, plane } = await moved();
    await reconciler.drains.drain(HERE, a, { by: 'anna' });
    const renamed = [shopAt('192.0.2.10:80', {}, 'old-shop'), shopAt('192.0.2.11:80')];
    await reconciler.setModel(model(renamed), { cause: null });
    assert.equal(plane.server(THERE, a)?.weight, 1);
    assert.equal(plane.server(HERE, a)?.weight, 0);
  });
});

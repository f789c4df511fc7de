/** A director that starts where another has run: its table is there, and perhaps the record of what was its own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OwnedTable } from '../../src/controller/ownership.js';
import type { ServiceKey } from '../../src/model/keys.js';
import { controllerRig } from '../support/controller.js';
import { FakeDataplane } from '../support/fake-dataplane.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const OLD = keyOf('192.0.2.11:80');
const A = '10.0.1.11:80';
const B = '10.0.1.12:80';
const shop = service('shop', '192.0.2.10:80', [A]);
const old = service('old', '192.0.2.11:80', [A]);

/** A table with the shop (A and B) and the old service. */
function populated(): FakeDataplane {
  const plane = new FakeDataplane();
  plane.externalService(shop, [server(A), server(B)]);
  plane.externalService(old, [server(A)]);
  return plane;
}

function owned(names: Readonly<Record<ServiceKey, string>>, leaving: OwnedTable['leaving'] = new Map()) {
  return { services: new Map(Object.entries(names)) as Map<ServiceKey, string>, leaving };
}

/** Everything that was saved, oldest first. */
function savedRecords() {
  const records: { services: string[]; leaving: string[]; stepsBefore: number }[] = [];
  const plane = populated();
  const saveOwnership = ({ services, leaving }: OwnedTable): Promise<void> => {
    const servers = [...leaving.values()].flatMap((leavers) => [...leavers.keys()]);
    records.push({
      services: [...services.values()],
      leaving: servers,
      stepsBefore: plane.journal.length,
    });
    return Promise.resolve();
  };
  return { plane, records, saveOwnership };
}

describe('a restart on a populated table', () => {
  it('deletes what the record says is ours and the file no longer has', async () => {
    const plane = populated();
    const rig = controllerRig(model([shop]), 'fake', {
      plane,
      owned: owned({ [SHOP]: 'shop', [OLD]: 'old' }),
    });
    const { steps } = await rig.reconciler.start();
    assert.deepEqual(
      steps.map((step) => [step.kind, step.service.name]),
      [
        ['delete-server', 'shop'],
        ['delete-service', 'old'],
      ],
    );
    assert.deepEqual([...plane.table.keys()], [SHOP]);
  });

  it('deletes nothing outside the file without a record, and drains what it finds in its services', async () => {
    const plane = populated();
    plane.carry(SHOP, serverKeyOf(B), 7);
    const rig = controllerRig(model([shop]), 'fake', { plane });
    await rig.reconciler.start();
    assert.deepEqual([...plane.table.keys()], [SHOP, OLD]);
    assert.equal(plane.server(SHOP, serverKeyOf(B))?.weight, 0);
    assert.deepEqual([...(rig.reconciler.owned.leaving.get(SHOP)?.keys() ?? [])], [serverKeyOf(B)]);
  });

  it('leaves strangers their weight while the servers of the file are refused', async () => {
    const plane = new FakeDataplane();
    plane.externalService(shop, [server(B)]);
    let refuse = true;
    plane.failStep = ({ kind }) => (refuse && kind === 'add-server' ? 'the kernel refuses it' : null);
    const rig = controllerRig(model([shop]), 'fake', { plane });
    await rig.reconciler.start();
    assert.equal(plane.server(SHOP, serverKeyOf(B))?.weight, 1);
    refuse = false;
    await rig.clock.advanceAsync(1000);
    assert.equal(plane.server(SHOP, serverKeyOf(A))?.weight, 1);
    assert.notEqual(plane.server(SHOP, serverKeyOf(B))?.weight, 1);
  });

  for (const drift of ['alert', 'ignore'] as const)
    it(`lets strangers go when they are idle, also with drift: ${drift}`, async () => {
      const plane = populated();
      plane.carry(SHOP, serverKeyOf(B), 7);
      const rig = controllerRig(model([{ ...shop, drift }]), 'fake', { plane });
      await rig.reconciler.start();
      assert.equal(plane.server(SHOP, serverKeyOf(B))?.weight, 0);
      plane.carry(SHOP, serverKeyOf(B), 0);
      await rig.clock.advanceAsync(60_000);
      assert.equal(plane.server(SHOP, serverKeyOf(B)), undefined);
    });

  it('goes on draining the strangers of the record', async () => {
    const plane = populated();
    plane.carry(SHOP, serverKeyOf(B), 7);
    const stranger = { name: B, origin: 'stranger', sinceMs: 0, deadlineMs: null } as const;
    const leaver = { ...stranger, seen: true, ended: false };
    const strangers = new Map([[SHOP, new Map([[serverKeyOf(B), leaver]])]]);
    const rig = controllerRig(model([shop]), 'fake', { plane, owned: owned({ [SHOP]: 'shop' }, strangers) });
    await rig.reconciler.start();
    assert.equal(plane.server(SHOP, serverKeyOf(B))?.weight, 0);
    plane.carry(SHOP, serverKeyOf(B), 0);
    await rig.clock.advanceAsync(30_000);
    assert.equal(plane.server(SHOP, serverKeyOf(B)), undefined);
  });

  it('does not touch what is as it ought to be', async () => {
    const both = service('shop', '192.0.2.10:80', [A, B]);
    const rig = controllerRig(model([both, old]), 'fake', {
      plane: populated(),
      owned: owned({ [SHOP]: 'shop', [OLD]: 'old' }),
    });
    const { steps } = await rig.reconciler.start();
    assert.deepEqual(steps, []);
  });

  it('saves what it takes over before it changes anything, and what it let go of afterwards', async () => {
    const { plane, records, saveOwnership } = savedRecords();
    const rig = controllerRig(model([shop]), 'fake', {
      plane,
      owned: owned({ [OLD]: 'old' }),
      saveOwnership,
    });
    await rig.reconciler.start();
    assert.deepEqual(records, [
      { services: ['old', 'shop'], leaving: [serverKeyOf(B)], stepsBefore: 0 },
      { services: ['shop'], leaving: [serverKeyOf(B)], stepsBefore: 2 },
    ]);
  });

  it('does not claim in the kernel what the userspace plane serves, for that ends with the process', async () => {
    const { records, saveOwnership } = savedRecords();
    const rig = controllerRig(model([shop, { ...old, plane: 'proxy' }]), 'composite', { saveOwnership });
    await rig.reconciler.start();
    assert.deepEqual(records.at(-1)?.services, ['shop']);
    for (const plane of ['kernel', 'proxy'] as const) {
      await rig.reconciler.setModel(model([shop, { ...old, plane }]), { cause: null, force: true });
      assert.deepEqual(records.at(-1)?.services, plane === 'kernel' ? ['shop', 'old'] : ['shop']);
    }
    await rig.reconciler.setModel(model([shop]), { cause: null });
    assert.deepEqual([...rig.plane.table.keys()], [SHOP]);
  });

  it('saves nothing when nothing changes hands', async () => {
    const { plane, records, saveOwnership } = savedRecords();
    const before = owned({ [SHOP]: 'shop' });
    const rig = controllerRig(model([shop]), 'fake', { plane, owned: before, saveOwnership });
    await rig.reconciler.start();
    await rig.clock.advanceAsync(90_000);
    assert.deepEqual(records, []);
  });

  it('gives up what the record has and the table has not: who makes it later owns it', async () => {
    const plane = populated();
    plane.externalDelete(OLD);
    const rig = controllerRig(model([shop]), 'fake', {
      plane,
      owned: owned({ [SHOP]: 'shop', [OLD]: 'old' }),
    });
    await rig.reconciler.start();
    assert.deepEqual([...rig.reconciler.owned.services.values()], ['shop']);
    plane.externalService(old, [server(A)]);
    await rig.clock.advanceAsync(30_000);
    assert.ok(plane.table.has(OLD));
  });

  it('keeps a server out that was down, and the weight that an operator had set', async () => {
    const both = service('shop', '192.0.2.10:80', [A, B]);
    const plane = new FakeDataplane();
    plane.externalService(both, [server(A, { weight: 7 })]);
    const rig = controllerRig(model([both]), 'fake', {
      plane,
      owned: owned({ [SHOP]: 'shop' }),
      states: {
        verdicts: new Map([[SHOP, new Map([[serverKeyOf(B), verdict('down')]])]]),
        overrides: new Map([[SHOP, new Map([[serverKeyOf(A), { weight: 7, by: 'uid 0' }]])]]),
      },
    });
    assert.deepEqual((await rig.reconciler.start()).steps, []);
  });

  it('tells of each verdict and override, to be kept', async () => {
    const told: string[] = [];
    const rig = controllerRig(model([shop]), 'fake', { onStates: (change) => told.push(change) });
    await rig.reconciler.start();
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), verdict('up'));
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), verdict('up'));
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), verdict('down'));
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), verdict('down'));
    await rig.reconciler.setWeight(SHOP, serverKeyOf(A), 3, 'uid 0');
    rig.reconciler.setVerdict(SHOP, serverKeyOf(B), verdict('up'));
    // That a server is still up needs no newer word: unknown means up.
    assert.deepEqual(told, ['verdict', 'verdict', 'confirmed', 'override']);
  });

  it('tells of a primary each time, for without it nobody would have the service after a crash', async () => {
    const told: string[] = [];
    const rig = controllerRig(model([shop]), 'fake', { onStates: (change) => told.push(change) });
    await rig.reconciler.start();
    const role = {
      name: 'primary',
      term: null,
      sinceMs: 0,
      since: 2,
      asked: 1,
      heard: 2,
      confirmed: true,
    } as const;
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), { ...verdict('up'), role });
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), { ...verdict('up'), role });
    assert.deepEqual(told, ['verdict', 'confirmed']);
  });
});

/** What instances of VRRP go by: whether the table can be expected to serve, and what is tried when addresses have come. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, service } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const both = model([
  service('shop', '192.0.2.10:80', ['10.0.0.1:80']),
  service('mail', '192.0.2.11:25', ['10.0.0.2:25']),
]);

async function failing(
  rig: ControllerRig,
  fails: (service: string) => boolean,
): Promise<ControllerRig['reconciler']> {
  rig.plane.failStep = ({ service: { key } }) => (fails(key) ? 'no' : null);
  await rig.reconciler.start();
  return rig.reconciler;
}

describe('programmed', () => {
  it('is false before the first round, and true after it', async () => {
    const { reconciler } = controllerRig(both);
    assert.equal(reconciler.programmed, false);
    await reconciler.start();
    assert.equal(reconciler.programmed, true);
    await reconciler.close();
  });

  it('is true without any service', async () => {
    const { reconciler } = controllerRig(model([]));
    await reconciler.start();
    assert.equal(reconciler.programmed, true);
    await reconciler.close();
  });

  it('is true while one of several services fails, false while all do', async () => {
    const one = await failing(controllerRig(both), (key) => key === SHOP);
    assert.equal(one.programmed, true);
    assert.equal(one.readiness().ok, false);
    await one.close();
    const all = await failing(controllerRig(both), () => true);
    assert.equal(all.programmed, false);
    await all.close();
  });

  it('is true on the userspace plane though all fail, for there they wait for their addresses', async () => {
    const all = await failing(controllerRig(both, 'proxy'), () => true);
    assert.equal(all.programmed, true);
    await all.close();
  });
});

describe('retryFailing', () => {
  it('tries at once what would have waited', async () => {
    const rig = controllerRig(both, 'proxy');
    const reconciler = await failing(rig, () => true);
    rig.plane.failStep = () => null;
    reconciler.retryFailing();
    await settle();
    await settle();
    assert.equal(reconciler.readiness().ok, true);
    assert.ok(rig.plane.table.has(SHOP));
    await reconciler.close();
  });

  it('plans nothing where nothing fails', async () => {
    const rig = controllerRig(both);
    await rig.reconciler.start();
    const { dumps, batches } = rig.plane;
    const before = [dumps.length, batches.length];
    rig.reconciler.retryFailing();
    await settle();
    assert.deepEqual([dumps.length, batches.length], before);
    await rig.reconciler.close();
  });
});

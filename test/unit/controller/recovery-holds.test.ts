import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Recovery } from '../../../src/model/serving.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = '10.0.1.11:80';
const B = '10.0.1.12:80';
const a = serverKeyOf(A);
const CHECK = {} as VirtualService['checks'][number];

function shopOf(recovery: Recovery, checks: VirtualService['checks'] = [CHECK]): VirtualService {
  return service('shop', '192.0.2.10:80', [A, B], { recovery, checks });
}

/** Restarted while one server was failed, so long after that its verdict says nothing any more. */
async function restarted(shop: VirtualService): Promise<ControllerRig> {
  const before = controllerRig(model([shop]));
  await before.reconciler.start();
  before.reconciler.setVerdict(SHOP, a, verdict('down'));
  await settle();
  await before.reconciler.close();
  const { owned, serving } = before.reconciler;
  const rig = controllerRig(model([shop]), 'fake', { plane: before.plane, owned, serving });
  await rig.reconciler.start();
  return rig;
}

function isIn({ plane }: ControllerRig): boolean {
  return plane.server(SHOP, a) !== undefined;
}

async function whyOut({ reconciler }: ControllerRig): Promise<string | undefined> {
  const [shop] = (await reconciler.status()).services;
  return shop?.servers.find(({ key }) => key === a)?.reason;
}

describe('a delay', () => {
  for (const hours of [-5, 5])
    it(`is changed neither by a clock set by ${hours} h nor by reloads after that`, async () => {
      const shop = shopOf({ kind: 'delayed', delayMs: 60_000 });
      const rig = controllerRig(model([shop]));
      await rig.reconciler.start();
      for (const state of ['down', 'up'] as const) rig.reconciler.setVerdict(SHOP, a, verdict(state));
      await rig.clock.advanceAsync(40_000);
      rig.clock.jumpWall(hours * 3_600_000);
      await rig.reconciler.setModel(model([{ ...shop, quorum: 2 }]), { cause: null });
      await rig.clock.advanceAsync(19_999);
      assert.equal(isIn(rig), false);
      await rig.clock.advanceAsync(1);
      assert.equal(isIn(rig), true);
    });

  it('that the file changes counts from the recovery on', async () => {
    const rig = controllerRig(model([shopOf({ kind: 'delayed', delayMs: 60_000 })]));
    await rig.reconciler.start();
    for (const state of ['down', 'up'] as const) rig.reconciler.setVerdict(SHOP, a, verdict(state));
    await rig.clock.advanceAsync(20_000);
    await rig.reconciler.setModel(model([shopOf({ kind: 'delayed', delayMs: 30_000 })]), { cause: null });
    await rig.clock.advanceAsync(9_999);
    assert.equal(isIn(rig), false);
    await rig.clock.advanceAsync(1);
    assert.equal(isIn(rig), true);
  });
});

describe('a server that failed before a restart, of which no verdict is left', () => {
  it('serves again by itself when it answers and its delay is over', async () => {
    const rig = await restarted(shopOf({ kind: 'delayed', delayMs: 60_000 }));
    assert.equal(isIn(rig), false);
    assert.equal(await whyOut(rig), 'held: after a failure, until it has been well for 1m');
    rig.reconciler.setVerdict(SHOP, a, verdict('up'));
    await rig.clock.advanceAsync(59_999);
    assert.equal(isIn(rig), false);
    await rig.clock.advanceAsync(1);
    assert.equal(isIn(rig), true);
    assert.deepEqual(
      rig.story().map(({ type }) => type),
      ['server-up', 'server-held', 'server-released', 'server-added'],
    );
  });

  it('is not taken for well because nobody could ask it', async () => {
    const rig = await restarted(shopOf({ kind: 'delayed', delayMs: 60_000 }));
    rig.reconciler.setVerdict(SHOP, a, verdict('unknown', 'the director is late'));
    await rig.clock.advanceAsync(600_000);
    assert.equal(isIn(rig), false);
  });

  it('is still the one that failed then when it fails its first check', async () => {
    const rig = await restarted(shopOf({ kind: 'delayed', delayMs: 60_000 }));
    const failedMs = rig.reconciler.serving.holds.get(SHOP)?.get(a)?.failedMs;
    rig.clock.advance(5000);
    rig.reconciler.setVerdict(SHOP, a, verdict('down'));
    await settle();
    assert.equal(rig.reconciler.serving.holds.get(SHOP)?.get(a)?.failedMs, failedMs);
    rig.reconciler.setVerdict(SHOP, a, verdict('up'));
    await rig.clock.advanceAsync(60_000);
    assert.equal(isIn(rig), true);
  });

  it('waits for an operator where recovery is manual', async () => {
    const rig = await restarted(shopOf({ kind: 'manual' }));
    rig.reconciler.setVerdict(SHOP, a, verdict('up'));
    await rig.clock.advanceAsync(600_000);
    assert.equal(isIn(rig), false);
    await rig.reconciler.drains.undrain(SHOP, a, 'anna');
    assert.equal(isIn(rig), true);
  });

  it('serves again after its delay where the file has no checks any more', async () => {
    const rig = await restarted(shopOf({ kind: 'delayed', delayMs: 60_000 }, []));
    assert.equal(isIn(rig), false);
    await rig.clock.advanceAsync(60_000);
    assert.equal(isIn(rig), true);
  });
});

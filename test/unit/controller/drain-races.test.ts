import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = '10.0.1.11:80';
const B = '10.0.1.12:80';
const [a, b] = [serverKeyOf(A), serverKeyOf(B)];
const drain = { timeoutMs: 300_000, templates: 'keep' } as const;

describe('a drain that is ordered', () => {
  it('while the server is being added waits for the clients that come with that', async () => {
    const rig = controllerRig(model([service('shop', '192.0.2.10:80', [A, B], { drain })]));
    await rig.reconciler.start();
    rig.reconciler.setVerdict(SHOP, a, verdict('down'));
    await settle();
    const release = rig.plane.hold();
    rig.reconciler.setVerdict(SHOP, a, verdict('up'));
    await settle();
    rig.plane.onStep = (step) => {
      if (step.kind === 'add-server') rig.plane.carry(SHOP, a, 3);
    };
    const ordered = rig.reconciler.drains.drain(SHOP, a, { by: 'anna' });
    release();
    await ordered;
    assert.equal(rig.plane.server(SHOP, a)?.weight, 0);
    await rig.clock.advanceAsync(60_000);
    assert.equal(rig.plane.server(SHOP, a)?.activeConnections, 3);
  });

  it('for a backup that serves goes on when its service is back on its own servers', async () => {
    const backup = { ...server(B), backup: true } as const;
    const shop = service('shop', '192.0.2.10:80', [A, backup], { drain, backupPool: 'standby' });
    const rig = controllerRig(model([shop]));
    await rig.reconciler.start();
    rig.reconciler.setVerdict(SHOP, a, verdict('down'));
    await settle();
    rig.plane.carry(SHOP, b, 3);
    await rig.reconciler.drains.drain(SHOP, b, { by: 'anna' });
    rig.reconciler.setVerdict(SHOP, a, verdict('up'));
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual(
      [...(rig.plane.table.get(SHOP)?.servers.values() ?? [])].map(({ key, weight }) => [key, weight]),
      [
        [b, 0],
        [a, 1],
      ],
    );
    rig.plane.carry(SHOP, b, 0);
    await rig.clock.advanceAsync(1000);
    assert.equal(rig.plane.server(SHOP, b), undefined);
  });
});

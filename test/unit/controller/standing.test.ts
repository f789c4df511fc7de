import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const [A, B] = ['10.0.0.1:80', '10.0.0.2:80'] as const;

async function started(changes: Partial<VirtualService> = {}): Promise<ControllerRig> {
  const servers = changes.servers ?? [server(A, { name: 'a' }), server(B, { name: 'b' })];
  const rig = controllerRig(model([service('shop', '192.0.2.10:80', servers, changes)]));
  await rig.reconciler.start();
  return rig;
}

/** The service, then its servers. */
function standingOf({ reconciler }: ControllerRig): readonly unknown[] {
  const found = reconciler.standing(SHOP);
  assert.ok(found !== null);
  return [found.standing, ...found.servers.values()];
}

describe('standing', () => {
  it('knows no service that is not in the file', async () => {
    assert.equal((await started()).reconciler.standing(keyOf('192.0.2.99:80')), null);
  });

  it('is unknown before the first plan', () => {
    const rig = controllerRig(model([service('shop', '192.0.2.10:80', [server(A)], { initial: 'down' })]));
    assert.deepEqual(standingOf(rig), ['unknown', 'unknown']);
    rig.clock.advance(0);
  });

  it('follows the checks: of the service its status, of a server the verdict', async () => {
    const rig = await started();
    assert.deepEqual(standingOf(rig), ['up', 'up', 'up']);
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), verdict('down'));
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(standingOf(rig), ['degraded', 'down', 'up']);
    rig.reconciler.setVerdict(SHOP, serverKeyOf(B), verdict('down'));
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(standingOf(rig), ['down', 'down', 'down']);
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), verdict('up'));
    rig.reconciler.setVerdict(SHOP, serverKeyOf(B), verdict('unknown'));
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(standingOf(rig).slice(1), ['up', 'unknown']);
    await rig.reconciler.close();
  });

  it('calls a server degraded that is up and takes no new connections, but not one that is to take none', async () => {
    const rig = await started({ servers: [server(A, { name: 'a' }), server(B, { name: 'b', weight: 0 })] });
    await rig.reconciler.setWeight(SHOP, serverKeyOf(A), 0, 'a test');
    assert.deepEqual(standingOf(rig), ['down', 'degraded', 'up']);
    await rig.reconciler.setWeight(SHOP, serverKeyOf(A), null, 'a test');
    assert.deepEqual(standingOf(rig), ['up', 'up', 'up']);
    await rig.reconciler.close();
  });

  it('calls a service degraded whose step failed while it serves', async () => {
    const rig = await started();
    rig.plane.failStep = ({ kind }) => (kind === 'delete-server' ? 'EIO' : null);
    rig.reconciler.setVerdict(SHOP, serverKeyOf(A), verdict('down'));
    await rig.clock.advanceAsync(10);
    assert.deepEqual(standingOf(rig), ['degraded', 'down', 'up']);
    await rig.reconciler.close();
  });
});

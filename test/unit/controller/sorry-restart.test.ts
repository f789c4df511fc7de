import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = '10.0.1.11:80';
const B = '10.0.1.12:80';
const S = '10.0.9.9:80';
const [a, s] = [serverKeyOf(A), serverKeyOf(S)];
const drain = { timeoutMs: 300_000, templates: 'keep' } as const;
const shop = service('shop', '192.0.2.10:80', [A], { sorryServer: server(S), drain });

describe('a sorry server', () => {
  it('that serves at a restart is no server that left the file', async () => {
    const before = controllerRig(model([shop]));
    await before.reconciler.start();
    before.reconciler.setVerdict(SHOP, a, verdict('down'));
    await settle();
    assert.deepEqual([...(before.plane.table.get(SHOP)?.servers.keys() ?? [])], [s]);
    await before.reconciler.close();
    before.plane.carry(SHOP, s, 7);
    const { owned, serving } = before.reconciler;
    const states = { verdicts: before.reconciler.states.verdicts };
    const rig = controllerRig(model([shop]), 'fake', { plane: before.plane, owned, serving, states });
    await rig.reconciler.start();
    assert.deepEqual(rig.reconciler.drains.list(), []);
    await rig.clock.advanceAsync(drain.timeoutMs * 2);
    assert.deepEqual(rig.story(), []);
  });

  it('that a server becomes while it is needed serves on, and drains no more', async () => {
    const both = service('shop', '192.0.2.10:80', [A, B], { drain });
    const rig = controllerRig(model([both]));
    await rig.reconciler.start();
    rig.reconciler.setVerdict(SHOP, a, verdict('down'));
    await settle();
    await rig.reconciler.setModel(
      model([service('shop', '192.0.2.10:80', [A], { drain, sorryServer: server(B) })]),
      { cause: null },
    );
    assert.deepEqual(rig.reconciler.drains.list(), []);
    assert.equal(rig.plane.server(SHOP, serverKeyOf(B))?.weight, 1);
    await rig.clock.advanceAsync(drain.timeoutMs * 2);
    assert.equal(rig.plane.server(SHOP, serverKeyOf(B))?.weight, 1);
  });
});

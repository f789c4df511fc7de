import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectorOperations } from '../../../src/daemon/operations.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { ExternalResults } from '../../../src/health/external-results.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { model, server, service } from '../../support/models.js';

const web1 = server('10.0.0.1:80', { name: 'web-1', weight: 2 });
const both = model([
  service('shop', '192.0.2.10:80', [web1, server('10.0.0.2:80')]),
  service('mail', '192.0.2.11:25', [web1]),
]);

async function started(): Promise<ControllerRig & { readonly operations: DirectorOperations }> {
  const rig = controllerRig(both);
  await rig.reconciler.start();
  const operations = new DirectorOperations({
    startedPlane: 'proxy',
    saveOverrides: () => Promise.resolve(),
    file: '/nowhere.yaml',
    load: { environment: {}, hostName: 'test' },
    events: rig.events,
    reconciler: rig.reconciler,
    reloader: {
      reload: () => Promise.reject(new Error('not in this test')),
      rollback: () => Promise.reject(new Error('not in this test')),
    },
    history: {
      list: () => Promise.resolve({ entries: [], warnings: [] }),
      read: () => Promise.resolve(null),
    },
    dataplane: rig.plane,
    userspace: {
      observe: () => rig.plane.observe(),
      timeouts: { tcpMs: null, tcpFinMs: 120_000, udpMs: 300_000 },
    },
    externalResults: new ExternalResults(new FakeClock()),
    notices: { test: () => Promise.resolve(null), status: [] },
    ha: { status: null, order: () => Promise.reject(new Error('not in this test')) },
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface streams
    metrics: async function* () {
      yield '';
    },
  });
  return { ...rig, operations };
}

describe('DirectorOperations.setWeight', () => {
  it('lists the servers that are meant, in all services, without a look at the table', async () => {
    const { operations, plane, story } = await started();
    plane.dumps.length = 0;
    const events = story().length;
    const request = { server: 'web-1', weight: 0, dryRun: true };
    assert.deepEqual(await operations.setWeight(request, null), {
      changed: [
        { service: 'shop', server: 'web-1', from: 2, to: 0 },
        { service: 'mail', server: 'web-1', from: 2, to: 0 },
      ],
    });
    assert.deepEqual([plane.dumps, story().length], [[], events]);
  });

  it('says from which weight, the weight 0 of an operator included', async () => {
    const { operations } = await started();
    const request = { service: 'shop', server: 'web-1', dryRun: false };
    await operations.setWeight({ ...request, weight: 0 }, null);
    assert.deepEqual((await operations.setWeight({ ...request, weight: null }, null)).changed, [
      { service: 'shop', server: 'web-1', from: 0, to: 2 },
    ]);
  });

  it('knows the servers of a configuration that is still being applied', async () => {
    const { operations, plane, reconciler } = await started();
    const release = plane.hold();
    const grown = model([service('shop', '192.0.2.10:80', [web1, server('10.0.0.9:80', { name: 'web-9' })])]);
    const accepting = reconciler.setModel(grown, { cause: null, force: true });
    await settle();
    const weighed = operations.setWeight({ server: 'web-9', weight: 7, dryRun: false }, null);
    await assert.rejects(
      operations.setWeight({ service: 'mail', server: 'web-1', weight: 7, dryRun: false }, null),
      {
        code: 'ERR_NO_SUCH_SERVICE',
      },
    );
    release();
    await accepting;
    assert.equal((await weighed).changed[0]?.to, 7);
    assert.equal(plane.server(both.services[0]!.key, grown.services[0]!.servers[1]!.key)?.weight, 7);
  });
});

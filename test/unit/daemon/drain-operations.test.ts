import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DrainOperations } from '../../../src/daemon/drain-operations.js';
import { requireServers } from '../../../src/daemon/named-servers.js';
import { controllerRig } from '../../support/controller.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = '10.0.1.11:80';
const [web1, web2] = [server(A, { name: 'web-1' }), server('10.0.1.12:80', { name: 'web-2' })];
const drain = { timeoutMs: 300_000, templates: 'keep' } as const;
const shop = service('shop', '192.0.2.10:80', [web1, web2], { drain });
const mail = service('mail', '192.0.2.11:80', [server(A, { name: 'web-1' })], { drain });

async function running(services = [shop, mail]) {
  const rig = controllerRig(model(services));
  await rig.reconciler.start();
  let saves = 0;
  const saveOverrides = (): Promise<void> => {
    saves++;
    return Promise.resolve();
  };
  const operations = new DrainOperations({ reconciler: rig.reconciler, saveOverrides });
  return { ...rig, operations, saves: () => saves };
}

const one = { service: 'shop', server: 'web-1', dryRun: false };

describe('drain operations', () => {
  it('name every server that is meant, and order nothing with dryRun', async () => {
    const { operations, plane, saves } = await running();
    const listed = await operations.drain({ server: '10.0.1.11', dryRun: true }, 'uid 7');
    assert.deepEqual(
      listed.servers.map((line) => [line.service, line.server, line.drain, line.changed]),
      [
        ['shop', 'web-1', null, false],
        ['mail', 'web-1', null, false],
      ],
    );
    assert.deepEqual([plane.server(SHOP, web1.key)?.weight, saves()], [1, 0]);
  });

  it('say why one serves not that is under no order', async () => {
    const { operations, reconciler } = await running();
    const idle = async () => {
      const { servers } = await operations.setMaintenance(
        { server: 'web-1', on: true, dryRun: true },
        'uid 7',
      );
      return servers.map((line) => [line.service, line.idle]);
    };
    assert.deepEqual(await idle(), [
      ['shop', undefined],
      ['mail', undefined],
    ]);
    reconciler.setVerdict(SHOP, web1.key, verdict('down', 'is primary, wanted replica'));
    await reconciler.setWeight(shop.key, web2.key, null, 'a test');
    assert.deepEqual(await idle(), [
      ['shop', 'check failed: is primary, wanted replica'],
      ['mail', undefined],
    ]);
    const ordered = await operations.setMaintenance({ server: 'web-1', on: true, dryRun: false }, 'uid 7');
    assert.deepEqual(
      ordered.servers.map((line) => line.idle),
      [undefined, undefined],
    );
  });

  it('answer with what is left and when the orders are kept', async () => {
    const { operations, plane, saves } = await running();
    plane.carry(SHOP, web1.key, 3, 2);
    const { servers, warnings } = await operations.drain({ ...one, timeoutMs: 60_000 }, 'uid 7');
    const [line] = servers;
    assert.deepEqual(line?.left, { active: 3, inactive: 2, sticky: 0 });
    assert.deepEqual([line.changed, line.drain?.by, line.drain?.end], [true, 'uid 7', null]);
    assert.deepEqual([warnings, saves()], [[], 1]);
    const again = await operations.drain(one, 'uid 8');
    assert.equal(again.servers[0]?.changed, false);
    assert.equal(operations.list().servers.length, 1);
  });

  it('put back who was drained, and say who was not', async () => {
    const { operations, plane } = await running();
    await operations.drain(one, 'uid 7');
    assert.equal((await operations.undrain(one, 'uid 7')).servers[0]?.changed, true);
    assert.equal(plane.server(SHOP, web1.key)?.weight, 1);
    assert.equal((await operations.undrain(one, 'uid 7')).servers[0]?.changed, false);
  });

  it('refuse a weight that would do nothing, with the command that helps', async () => {
    const { operations, reconciler } = await running();
    const found = requireServers(reconciler.services, 'shop', 'web-1');
    operations.refuseWeight(found);
    await operations.drain(one, 'uid 7');
    assert.throws(() => operations.refuseWeight(found), {
      code: 'ERR_SERVER_DRAINING',
      message:
        'set weight of shop/web-1: it is draining by uid 7, so its weight is 0; lvsd undrain shop/web-1',
    });
    await operations.undrain(one, 'uid 7');
    await operations.setMaintenance({ ...one, on: true }, 'uid 8');
    assert.throws(
      () => operations.refuseWeight(found),
      /in maintenance by uid 8.*lvsd maintenance off shop\/web-1$/,
    );
  });

  it('do not undrain a server in maintenance', async () => {
    const { operations } = await running();
    await operations.setMaintenance({ ...one, on: true, reason: 'disks' }, 'uid 8');
    await assert.rejects(operations.undrain(one, 'uid 7'), { code: 'ERR_SERVER_IN_MAINTENANCE' });
    const { servers } = await operations.setMaintenance({ ...one, on: false }, 'uid 7');
    assert.deepEqual([servers[0]?.changed, servers[0]?.drain, servers[0]?.maintenance], [true, null, null]);
  });

  it('end the maintenance of a server that the file does not know any more, by its address or its name', async () => {
    const { operations, reconciler, clock } = await running();
    await operations.setMaintenance({ ...one, on: true }, 'uid 8');
    await clock.advanceAsync(2000);
    await reconciler.setModel(model([{ ...shop, servers: [web2] }]), { cause: null, force: true });
    const [listed] = operations.list().servers;
    assert.deepEqual([listed?.configured, listed?.server], [false, serverKeyOf(A)]);
    const off = { server: '10.0.1.11', on: false, dryRun: false };
    assert.equal((await operations.setMaintenance(off, 'uid 8')).servers[0]?.changed, true);
    assert.deepEqual(operations.list().servers, []);
    await assert.rejects(operations.setMaintenance(off, 'uid 8'), { code: 'ERR_NO_SUCH_SERVER' });
  });

  it('say why a server that left the file cannot be undrained', async () => {
    const { operations, reconciler, plane } = await running();
    plane.carry(SHOP, web1.key, 3);
    await reconciler.setModel(model([{ ...shop, servers: [web2] }]), { cause: null, force: true });
    await assert.rejects(operations.undrain(one, 'uid 7'), { code: 'ERR_SERVER_NOT_IN_FILE' });
    await assert.rejects(operations.undrain({ ...one, server: 'web-9' }, 'uid 7'), {
      code: 'ERR_NO_SUCH_SERVER',
    });
  });

  for (const [scheduler, flags, warns] of [
    ['sh', [], true],
    ['sh', ['sh-fallback'], false],
    ['mh', ['sh-port'], true],
    ['dh', [], true],
    ['wlc', [], false],
  ] as const)
    it(`${warns ? 'warn' : 'do not warn'} with the scheduler ${scheduler} [${flags.join()}]`, async () => {
      const settings = { ...shop.settings, scheduler, schedulerFlags: flags };
      const { operations } = await running([{ ...shop, settings }]);
      const { warnings } = await operations.drain(one, 'uid 7');
      assert.equal(warnings.length, warns ? 1 : 0);
      assert.match(warnings.join(), warns ? /^shop\/web-1: .*turned away/ : /^$/);
    });

  it('tell that a step failed, and keep the order', async () => {
    const { operations, plane, clock } = await running();
    plane.failStep = ({ kind }) => (kind === 'edit-server' ? 'EIO' : null);
    await assert.rejects(operations.drain(one, 'uid 7'), { code: 'ERR_STEP_FAILED' });
    plane.failStep = () => null;
    await clock.advanceAsync(5000);
    assert.equal(plane.server(SHOP, web1.key), undefined);
  });
});

/** Addresses of services with `interface:` through the life of a director. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatStep } from '../../src/controller/describe-step.js';
import type { OwnedTable } from '../../src/controller/ownership.js';
import type { PlannedStep } from '../../src/dataplane/address-table.js';
import type { Model } from '../../src/model/director.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { controllerRig } from '../support/controller.js';
import { FakeAddressTable } from '../support/fake-address-table.js';
import { FakeDataplane } from '../support/fake-dataplane.js';
import { model, service, verdict, type ServiceChanges } from '../support/models.js';

const A = '10.0.1.11:80';
const vip = '192.0.2.10 on eth0';

function shop(changes: ServiceChanges = {}): VirtualService {
  return service('shop', '192.0.2.10:80', [A], { interface: 'eth0', ...changes });
}
const secure = service('secure', '192.0.2.10:443', [A], { interface: 'eth0' });

/** A director on eth0 and eth1 with a log of what plane and addresses did, in one order. */
function rigOf(
  first: Model,
  before: { owned?: OwnedTable; addresses?: FakeAddressTable; plane?: FakeDataplane } = {},
) {
  const {
    addresses = new FakeAddressTable('eth0', 'eth1'),
    plane = new FakeDataplane(),
    ...outlived
  } = before;
  const saved: string[][] = [];
  const log: string[] = [];
  const note = (step: PlannedStep): void => void log.push(formatStep(step));
  plane.onStep = note;
  addresses.onStep = note;
  const rig = controllerRig(first, 'fake', {
    addresses,
    plane,
    ...outlived,
    saveOwnership: ({ addresses: owned }) => {
      saved.push([...(owned ?? new Map<string, never>()).keys()]);
      log.push('save');
      return Promise.resolve();
    },
  });
  const reload = (...services: readonly VirtualService[]) =>
    rig.reconciler.setModel(model(services), { cause: null, force: true });
  const told = (type: string): string[] =>
    rig
      .story()
      .filter((event) => event.type === type)
      .map(({ message }) => message);
  return { ...rig, addresses, plane, log, saved, reload, told };
}

/** Starts, and forgets what that did. */
async function started(...args: Parameters<typeof rigOf>) {
  const rig = rigOf(...args);
  await rig.reconciler.start();
  rig.log.length = 0;
  rig.addresses.lists = 0;
  return rig;
}

describe('addresses of services', () => {
  it('come last, and are written down as owned before they are added', async () => {
    const rig = rigOf(model([shop()]));
    const { failures } = await rig.reconciler.start();
    assert.deepEqual(failures, []);
    assert.deepEqual(rig.log, [
      'save',
      'shop: create service (192.0.2.10:80, wlc)',
      'shop: add server 10.0.1.11:80 (nat, weight 1)',
      'shop: add address (192.0.2.10/32 on eth0)',
    ]);
    assert.deepEqual(rig.saved, [[vip]]);
    assert.deepEqual(rig.told('address-added'), ['added: 192.0.2.10/32 on eth0']);
  });

  it('go first when their service goes', async () => {
    const rig = await started(model([shop()]));
    await rig.reload();
    assert.deepEqual(rig.log, [
      'shop: delete address (192.0.2.10/32 on eth0)',
      'shop: delete service (192.0.2.10:80, wlc)',
      'save',
    ]);
    assert.deepEqual(rig.saved.at(-1), []);
    assert.deepEqual(rig.told('address-removed'), ['removed: 192.0.2.10/32 on eth0']);
  });

  it('cost nothing in rounds that do not touch them', async () => {
    const rig = await started(model([shop()]));
    await rig.reload(shop({ settings: { scheduler: 'rr' } }));
    assert.deepEqual([rig.log, rig.addresses.lists], [['shop: edit service (scheduler wlc -> rr)'], 0]);
  });

  it('are added when a reload gives the service an interface, and deleted when it takes it away', async () => {
    const rig = await started(model([shop({ interface: null })]));
    await rig.reload(shop());
    await rig.reload(shop({ interface: null }));
    assert.deepEqual(
      rig.log.filter((line) => line !== 'save'),
      ['shop: add address (192.0.2.10/32 on eth0)', 'shop: delete address (192.0.2.10/32 on eth0)'],
    );
  });

  it('move to another interface without a moment in which they are nowhere', async () => {
    const rig = await started(model([shop()]));
    await rig.reload(shop({ interface: 'eth1' }));
    assert.deepEqual(
      rig.log.filter((line) => line !== 'save'),
      ['shop: add address (192.0.2.10/32 on eth1)', 'shop: delete address (192.0.2.10/32 on eth0)'],
    );
    assert.deepEqual([...rig.addresses.present], ['192.0.2.10 on eth1']);
    assert.deepEqual(rig.saved.at(-1), ['192.0.2.10 on eth1']);
  });

  it('stay where they are when they cannot be added on the other interface', async () => {
    const rig = await started(model([shop()]));
    rig.addresses.up.delete('eth1');
    await rig.reload(shop({ interface: 'eth1' }));
    assert.deepEqual([...rig.addresses.present], [vip]);
    rig.addresses.up.add('eth1');
    await rig.clock.advanceAsync(1000);
    assert.deepEqual([...rig.addresses.present], ['192.0.2.10 on eth1']);
  });

  it('are added once for several services, and deleted with the last of them', async () => {
    const rig = await started(model([shop(), secure]));
    assert.equal(rig.addresses.journal.length, 1);
    await rig.reload(secure);
    assert.deepEqual([...rig.addresses.present], [vip]);
    await rig.reload();
    assert.deepEqual(rig.addresses.journal.map(formatStep), [
      'shop: add address (192.0.2.10/32 on eth0)',
      'secure: delete address (192.0.2.10/32 on eth0)',
    ]);
  });

  it('are not added for a service whose steps failed, but for one that shares them', async () => {
    const plane = new FakeDataplane();
    plane.failStep = ({ kind, service: { name } }) =>
      kind === 'add-server' && name === 'shop' ? 'ENOMEM' : null;
    const alone = rigOf(model([shop()]), { plane });
    await alone.reconciler.start();
    assert.deepEqual([[...alone.addresses.present], alone.saved.at(-1)], [[], []]);
    plane.failStep = () => null;
    await alone.clock.advanceAsync(1000);
    assert.deepEqual([[...alone.addresses.present], alone.saved.at(-1)], [[vip], [vip]]);

    const shared = new FakeDataplane();
    shared.failStep = ({ kind, service: { name } }) =>
      kind === 'add-server' && name === 'shop' ? 'ENOMEM' : null;
    const both = rigOf(model([shop(), secure]), { plane: shared });
    await both.reconciler.start();
    assert.deepEqual([...both.addresses.present], [vip]);
  });

  it('leave the service in the table when they cannot be deleted: clients still come', async () => {
    const rig = await started(model([shop()]));
    rig.addresses.failStep = () => 'EPERM';
    await rig.reload();
    assert.equal(rig.plane.table.size, 1);
    rig.addresses.failStep = () => null;
    await rig.clock.advanceAsync(1000);
    assert.deepEqual([rig.plane.table.size, rig.addresses.present.size], [0, 0]);
  });

  it('of a preview are the steps that a reload then runs', async () => {
    const rig = await started(model([shop()]));
    const next = model([shop({ interface: 'eth1' }), service('bare', '192.0.2.30:80', [])]);
    const { steps } = await rig.reconciler.preview(next);
    const result = await rig.reconciler.setModel(next, { cause: null });
    assert.ok(result.accepted);
    assert.deepEqual(steps.map(formatStep), result.steps.map(formatStep));
    assert.equal(steps.length, 3);
  });
});

describe('addresses that were there before', () => {
  it('are used, and stay when their service goes', async () => {
    const addresses = new FakeAddressTable('eth0');
    addresses.externalAdd(vip);
    const rig = await started(model([shop()]), { addresses });
    await rig.reload();
    assert.deepEqual([rig.addresses.journal, [...addresses.present]], [[], [vip]]);
  });

  it('also when somebody added them between two rounds', async () => {
    const rig = await started(model([shop({ interface: null })]));
    rig.addresses.externalAdd(vip);
    await rig.reload(shop());
    await rig.reload();
    assert.deepEqual([...rig.addresses.present], [vip]);
  });

  it('are ours when the record says so', async () => {
    const addresses = new FakeAddressTable('eth0');
    addresses.externalAdd(vip);
    const label = { key: shop().key, name: 'shop' };
    const owned = {
      services: new Map(),
      leaving: new Map(),
      addresses: new Map([
        [
          '192.0.2.10 on eth0' as never,
          { vip: { family: 4 as const, address: '192.0.2.10', interface: 'eth0' }, service: label },
        ],
      ]),
    };
    const rig = rigOf(model([]), { addresses, owned });
    await rig.reconciler.start();
    assert.deepEqual(rig.addresses.journal.map(formatStep), ['shop: delete address (192.0.2.10/32 on eth0)']);
    assert.deepEqual(rig.saved.at(-1), []);
  });

  it('are not ours any more once they were gone without being needed', async () => {
    const rig = await started(model([shop()]));
    rig.addresses.externalDelete(vip, true);
    await rig.reload();
    rig.addresses.externalAdd(vip);
    await rig.clock.advanceAsync(30_000);
    assert.deepEqual([[...rig.addresses.present], rig.saved.at(-1)], [[vip], []]);
  });
});

describe('addresses that go', () => {
  it('come back at once when the kernel tells of it', async () => {
    const rig = await started(model([shop()]));
    rig.addresses.externalDelete(vip);
    await rig.clock.advanceAsync(100);
    assert.deepEqual([...rig.addresses.present], [vip]);
    assert.match(rig.told('drift-found')[0] ?? '', /to undo: shop: add address .* \(being repaired\)/);
  });

  it('come back at the next resync at the latest', async () => {
    const rig = await started(model([shop()]));
    rig.addresses.externalDelete(vip, true);
    await rig.clock.advanceAsync(29_000);
    assert.equal(rig.addresses.present.size, 0);
    await rig.clock.advanceAsync(1000);
    assert.deepEqual([...rig.addresses.present], [vip]);
  });

  it('are told once for all services that share them', async () => {
    const rig = await started(model([shop(), secure]));
    rig.addresses.externalDelete(vip);
    await rig.clock.advanceAsync(100);
    assert.equal(rig.told('drift-found').length, 1);
    assert.deepEqual([...rig.addresses.present], [vip]);
  });

  it('are left to who takes them five times', async () => {
    const rig = await started(model([shop()]));
    rig.addresses.onStep = ({ kind }) => {
      if (kind === 'add-address') queueMicrotask(() => rig.addresses.externalDelete(vip));
    };
    rig.addresses.externalDelete(vip);
    await rig.clock.advanceAsync(10_000);
    assert.equal(rig.addresses.journal.length, 1 + 5);
    assert.match(rig.told('repair-stopped').at(-1) ?? '', /^repair stopped/);
    await rig.clock.advanceAsync(60_000);
    assert.equal(rig.addresses.present.size, 0);
  });

  it('stay gone with `drift: alert`, and with `drift: ignore`', async () => {
    for (const drift of ['alert', 'ignore'] as const) {
      const rig = await started(model([shop({ drift })]));
      rig.addresses.externalDelete(vip);
      await rig.clock.advanceAsync(61_000);
      assert.equal(rig.addresses.present.size, 0);
      assert.equal(rig.told('drift-found').length, drift === 'alert' ? 1 : 0);
    }
  });

  it('of others are nobody’s business', async () => {
    const rig = await started(model([shop()]));
    const dumps = rig.plane.dumps.length;
    rig.addresses.tell({ kind: 'address-gone', vip: '192.0.2.99 on eth0' as never });
    rig.addresses.tell({ kind: 'interface-up', interface: 'eth7' });
    await rig.clock.advanceAsync(1000);
    assert.equal(rig.plane.dumps.length, dumps);
  });
});

describe('an interface that is not there', () => {
  it('fails the step, not the service, and is tried again as soon as it comes', async () => {
    const addresses = new FakeAddressTable();
    const rig = rigOf(model([shop()]), { addresses });
    const { failures } = await rig.reconciler.start();
    assert.match(failures[0]?.message ?? '', /add address 192\.0\.2\.10 on eth0: the interface is down/);
    assert.equal(rig.plane.table.get(shop().key)?.servers.size, 1);
    assert.equal(rig.reconciler.readiness().ok, false);
    await rig.clock.advanceAsync(20_000);
    addresses.up.add('eth0');
    addresses.tell({ kind: 'interface-up', interface: 'eth0' });
    await rig.clock.advanceAsync(100);
    assert.deepEqual([...addresses.present], [vip]);
    assert.deepEqual([rig.reconciler.readiness().ok, rig.told('drift-found')], [true, []]);
  });

  it('is not owned until the address has been added', async () => {
    const addresses = new FakeAddressTable();
    const rig = rigOf(model([shop()]), { addresses });
    await rig.reconciler.start();
    assert.deepEqual(rig.saved, [[vip], []]);
  });

  it('that goes down and comes back is no drift, however often', async () => {
    const six = service('six', '[2001:db8::10]:80', [A], { interface: 'eth0' });
    const key = '2001:db8::10 on eth0';
    const rig = await started(model([six]));
    for (let round = 0; round < 8; round++) {
      rig.addresses.up.delete('eth0');
      rig.addresses.externalDelete(key);
      await rig.clock.advanceAsync(round % 2 === 0 ? 1000 : 0);
      rig.addresses.up.add('eth0');
      rig.addresses.tell({ kind: 'interface-up', interface: 'eth0' });
      await rig.clock.advanceAsync(200);
      assert.deepEqual([...rig.addresses.present], [key]);
    }
    assert.deepEqual(rig.told('drift-found'), []);
  });

  it('that is announced many times costs one look', async () => {
    const rig = await started(model([shop()]));
    for (let time = 0; time < 100; time++) rig.addresses.tell({ kind: 'interface-up', interface: 'eth0' });
    await rig.clock.advanceAsync(1000);
    assert.equal(rig.addresses.lists, 1);
  });
});

describe('a list of addresses that cannot be read', () => {
  const unlisted = 'list addresses: ENOBUFS';
  const plain = service('plain', '192.0.2.11:80', [A, '10.0.1.12:80']);

  it('fails the services that need one, at the look of each resync, and is tried again', async () => {
    const rig = await started(model([shop(), plain]));
    rig.addresses.failList = unlisted;
    await rig.clock.advanceAsync(30_000);
    const { ok, reasons } = rig.reconciler.readiness();
    assert.deepEqual(
      [ok, reasons],
      [false, [`shop: look at the address of tcp:192.0.2.10:80: ${unlisted}, tried 1 time`]],
    );
    await rig.clock.advanceAsync(1000);
    assert.match(rig.reconciler.readiness().reasons[0] ?? '', /tried 2 times/);
    assert.equal(rig.told('service-error').length, 1, 'the same is told once');
    rig.addresses.failList = null;
    await rig.clock.advanceAsync(30_000);
    assert.equal(rig.reconciler.readiness().ok, true);
    assert.deepEqual(rig.log, []);
  });

  it('does not keep verdicts and weights from being applied, also while the address is to be added', async () => {
    const two = service('shop', '192.0.2.10:80', [A, '10.0.1.12:80'], { interface: 'eth0' });
    const rig = await started(model([two]));
    const [first, second] = two.servers;
    rig.addresses.failList = unlisted;
    rig.addresses.externalDelete(vip);
    await rig.clock.advanceAsync(1000);
    assert.equal(rig.reconciler.readiness().ok, false);
    rig.reconciler.setVerdict(two.key, first!.key, verdict('down'));
    await rig.clock.advanceAsync(0);
    assert.deepEqual([...rig.plane.table.get(two.key)!.servers.keys()], [second!.key]);
    const result = await rig.reconciler.setWeight(two.key, second!.key, 7, 'uid 0');
    assert.equal(rig.plane.table.get(two.key)!.servers.get(second!.key)!.weight, 7);
    assert.deepEqual(
      result?.failures.map(({ code }) => code),
      ['ERR_ADDRESSES_UNREADABLE'],
    );
    assert.deepEqual(
      rig.addresses.journal.filter(({ kind }) => kind === 'delete-address'),
      [],
    );
    rig.addresses.failList = null;
    await rig.clock.advanceAsync(30_000);
    assert.deepEqual([...rig.addresses.present], [vip]);
    assert.equal(rig.reconciler.readiness().ok, true);
  });

  it('does not keep a director from starting: the table is programmed, and the address comes when it can', async () => {
    const addresses = new FakeAddressTable('eth0', 'eth1');
    addresses.failList = unlisted;
    const rig = rigOf(model([shop(), plain]), { addresses });
    const { failures } = await rig.reconciler.start();
    assert.deepEqual(
      failures.map(({ message }) => message),
      [`add address ${vip}: ${unlisted}`],
    );
    assert.deepEqual([...rig.plane.table.keys()], [shop().key, plain.key]);
    assert.deepEqual([...addresses.present], []);
    addresses.failList = null;
    await rig.clock.advanceAsync(1000);
    assert.deepEqual([...addresses.present], [vip]);
    assert.equal(rig.reconciler.readiness().ok, true);
    await rig.reload(plain);
    assert.deepEqual([...addresses.present], [], "it was known as lvsd's");
  });

  it('keeps a service that left the file until its address can go', async () => {
    const rig = await started(model([shop(), plain]));
    rig.addresses.failList = unlisted;
    await rig.reload(service('plain', '192.0.2.11:80', [A]));
    assert.ok(rig.plane.table.has(shop().key), 'clients are still called here');
    assert.equal(rig.plane.table.get(plain.key)!.servers.size, 1);
    rig.addresses.failList = null;
    await rig.clock.advanceAsync(1000);
    assert.deepEqual([...rig.addresses.present], []);
    assert.ok(!rig.plane.table.has(shop().key));
  });
});

describe('a plane without a table of addresses', () => {
  it('serves a service with an interface as one without', async () => {
    const rig = controllerRig(model([shop()]));
    const { steps } = await rig.reconciler.start();
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ['create-service', 'add-server'],
    );
  });
});

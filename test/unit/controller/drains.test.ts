import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DrainStatus } from '../../../src/model/drain.js';
import type { ServerStatus } from '../../../src/model/snapshot.js';
import type { RememberedStates } from '../../../src/controller/server-states.js';
import type { OwnedTable } from '../../../src/controller/ownership.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = '10.0.1.11:80';
const B = '10.0.1.12:80';
const [a, b] = [serverKeyOf(A), serverKeyOf(B)];
const FIVE_MINUTES = 300_000;
const drain = { timeoutMs: FIVE_MINUTES, templates: 'keep' } as const;
const shop = service('shop', '192.0.2.10:80', [server(A, { name: 'web-1', weight: 3 }), server(B)], {
  drain,
});
const onlyB = service('shop', '192.0.2.10:80', [B], { drain });

/** A director that serves the shop, with so many connections on web-1. */
async function serving(active: number, before: Parameters<typeof controllerRig>[2] = {}) {
  const rig = controllerRig(model([shop]), 'fake', before);
  await rig.reconciler.start();
  if (active > 0) rig.plane.carry(SHOP, a, active);
  rig.plane.journal.length = 0;
  rig.plane.dumps.length = 0;
  return rig;
}

/** What was done to the table, in short: `edit 0`, `delete`, `add 3`. */
function done({ plane }: ControllerRig): readonly string[] {
  return plane.journal.map((step) =>
    'server' in step && step.kind !== 'delete-server'
      ? `${step.kind.replace('-server', '')} ${step.server.weight}`
      : step.kind.replace('-server', ''),
  );
}

function told({ story }: ControllerRig, ...types: readonly string[]): readonly string[] {
  return story()
    .filter(({ type }) => types.includes(type))
    .map(({ message }) => message);
}

async function statusOf({ reconciler }: ControllerRig, name = 'web-1'): Promise<ServerStatus | undefined> {
  const [service] = (await reconciler.status()).services;
  return service?.servers.find((each) => each.name === name);
}

async function drainOf(rig: ControllerRig): Promise<DrainStatus> {
  const drain = (await statusOf(rig))?.drain ?? null;
  assert.ok(drain);
  return drain;
}

function order(rig: ControllerRig): Promise<unknown> {
  return rig.reconciler.drains.drain(SHOP, a, { by: 'anna' });
}

describe('a drain by order', () => {
  it('sets the weight to 0 in place, waits for the last connection, and takes the server out', async () => {
    const rig = await serving(2);
    await order(rig);
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(60_000);
    rig.plane.carry(SHOP, a, 0, 1);
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual(done(rig), ['edit 0']);
    rig.plane.carry(SHOP, a, 0);
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
    assert.deepEqual(told(rig, 'drain-ended'), ['drained: idle after 2m 1s, no connection cut']);
    const end = (await statusOf(rig))?.drain?.end;
    assert.deepEqual([end?.cause, end?.connectionsCut], ['idle', 0]);
  });

  it('of a server without connections ends within a second, and no sooner than a client could come that was on its way', async () => {
    const rig = await serving(0);
    await order(rig);
    await rig.clock.advanceAsync(999);
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(1);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
  });

  it('waits for clients that stick to the server', async () => {
    const rig = await serving(0);
    const entry = rig.plane.server(SHOP, a);
    assert.ok(entry);
    entry.persistentConnections = 2;
    await order(rig);
    await rig.clock.advanceAsync(200_000);
    assert.deepEqual(done(rig), ['edit 0']);
    assert.equal((await statusOf(rig))?.stickyClients, 2);
    entry.persistentConnections = 0;
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
  });

  it('ends at its deadline, and says how many connections that cut', async () => {
    const rig = await serving(7);
    await order(rig);
    await rig.clock.advanceAsync(FIVE_MINUTES - 1);
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(1);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
    assert.deepEqual(told(rig, 'drain-ended'), ['drained: its time is over, 7 connections cut']);
    const [step] = rig.plane.journal.slice(-1);
    assert.ok(step?.kind === 'delete-server' && step.endsConnections === true);
    const end = (await statusOf(rig))?.drain?.end;
    assert.deepEqual([end?.cause, end?.connectionsCut], ['deadline', 7]);
  });

  it('does not count as cut what has ended already, but for UDP', async () => {
    for (const [protocol, cut] of [
      ['tcp', 2],
      ['udp', 7],
    ] as const) {
      const subject = service('dns', '192.0.2.10:80', [A, B], { drain, protocol });
      const rig = controllerRig(model([subject]));
      await rig.reconciler.start();
      rig.plane.carry(subject.key, a, 2, 5);
      await rig.reconciler.drains.drain(subject.key, a, { by: 'anna', timeoutMs: 2000 });
      await rig.clock.advanceAsync(2000);
      assert.deepEqual(told(rig, 'drain-ended'), [`drained: its time is over, ${cut} connections cut`]);
    }
  });

  it('has the time that the order gives, also none or without end', async () => {
    for (const [timeoutMs, afterMs] of [
      [1500, 1500],
      [0, 0],
    ] as const) {
      const rig = await serving(1);
      await rig.reconciler.drains.drain(SHOP, a, { by: 'anna', timeoutMs });
      if (afterMs > 0) await rig.clock.advanceAsync(afterMs - 1);
      assert.deepEqual(done(rig), ['edit 0']);
      await rig.clock.advanceAsync(1);
      assert.deepEqual(done(rig), ['edit 0', 'delete']);
    }
    const rig = await serving(1);
    await rig.reconciler.drains.drain(SHOP, a, { by: 'anna', timeoutMs: null });
    await rig.clock.advanceAsync(12 * FIVE_MINUTES);
    assert.deepEqual(done(rig), ['edit 0']);
    assert.match((await statusOf(rig))?.reason ?? '', /until its last connection ends/);
  });

  it('stays as it is when it is ordered again, but for a new deadline', async () => {
    const rig = await serving(1);
    await order(rig);
    await rig.clock.advanceAsync(200_000);
    await rig.reconciler.drains.drain(SHOP, a, { by: 'bert' });
    const status = await drainOf(rig);
    assert.deepEqual([status.by, (status.deadlineMs ?? 0) - status.sinceMs], ['anna', FIVE_MINUTES]);
    await rig.reconciler.drains.drain(SHOP, a, { by: 'bert', timeoutMs: FIVE_MINUTES });
    await rig.clock.advanceAsync(200_000);
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(100_000);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
  });

  it('is taken back by an edit in place while it goes on, by adding the server again when it is over', async () => {
    const rig = await serving(1);
    await order(rig);
    await rig.reconciler.drains.undrain(SHOP, a, 'anna');
    assert.deepEqual(done(rig), ['edit 0', 'edit 3']);
    assert.equal(rig.plane.server(SHOP, a)?.activeConnections, 1);
    await rig.clock.advanceAsync(2 * FIVE_MINUTES);
    assert.equal(done(rig).length, 2);
    rig.plane.carry(SHOP, a, 0);
    await order(rig);
    await rig.clock.advanceAsync(1000);
    await rig.reconciler.drains.undrain(SHOP, a, 'anna');
    assert.deepEqual(done(rig).slice(2), ['edit 0', 'delete', 'add 3']);
    assert.equal(await rig.reconciler.drains.undrain(SHOP, a, 'anna'), null);
  });

  it('keeps a server out over verdicts and reloads, with the weight that was set before', async () => {
    const rig = await serving(0);
    await rig.reconciler.setWeight(SHOP, a, 9, 'anna');
    await order(rig);
    await rig.clock.advanceAsync(1000);
    rig.reconciler.setVerdict(SHOP, a, verdict('up'));
    await rig.reconciler.setModel(model([{ ...shop, settings: { ...shop.settings, scheduler: 'rr' } }]), {
      cause: null,
    });
    await settle();
    assert.equal(rig.plane.server(SHOP, a), undefined);
    assert.equal((await statusOf(rig))?.reason, 'drained by anna');
    await rig.reconciler.drains.undrain(SHOP, a, 'anna');
    assert.equal(rig.plane.server(SHOP, a)?.weight, 9);
  });

  it('goes on when the check fails meanwhile: who is there is not cut off', async () => {
    const rig = await serving(3);
    await order(rig);
    rig.reconciler.setVerdict(SHOP, a, verdict('down'));
    await settle();
    assert.deepEqual(done(rig), ['edit 0']);
  });

  it('of a server that is not in the table is over at once, and keeps it out', async () => {
    const rig = await serving(0);
    rig.reconciler.setVerdict(SHOP, a, verdict('down'));
    await settle();
    await order(rig);
    rig.reconciler.setVerdict(SHOP, a, verdict('up'));
    await rig.clock.advanceAsync(10_000);
    assert.deepEqual(done(rig), ['delete']);
    assert.equal((await statusOf(rig))?.drain?.end?.cause, 'gone');
  });

  it('is over when somebody else deletes the server', async () => {
    const rig = await serving(3);
    await order(rig);
    rig.plane.externalDelete(SHOP, a);
    await rig.clock.advanceAsync(1000);
    assert.equal((await statusOf(rig))?.drain?.end?.cause, 'gone');
    assert.equal(rig.plane.server(SHOP, a), undefined);
  });

  it('is of nobody whom the file does not know', async () => {
    const rig = await serving(0);
    assert.equal(await rig.reconciler.drains.drain(SHOP, serverKeyOf('10.9.9.9:80'), { by: 'anna' }), null);
    assert.equal(await rig.reconciler.drains.drain(keyOf('192.0.2.99:80'), a, { by: 'anna' }), null);
  });

  it('tells who began it, what it led to, and why', async () => {
    const rig = await serving(1);
    await order(rig);
    rig.plane.carry(SHOP, a, 0);
    await rig.clock.advanceAsync(1000);
    const story = rig.story().slice(-4);
    assert.deepEqual(
      story.map(({ type, server: name }) => [type, name]),
      [
        ['drain-began', 'web-1'],
        ['server-changed', 'web-1'],
        ['drain-ended', 'web-1'],
        ['server-removed', 'web-1'],
      ],
    );
    const [began, changed, ended, removed] = story;
    assert.deepEqual([changed?.cause, removed?.cause], [began?.seq, ended?.seq]);
    assert.match(began?.message ?? '', /^draining until 2026-01-01T00:05:00Z by anna$/);
  });

  it('is told in one sentence when it goes on, and when there is nothing to drain', async () => {
    const rig = await serving(1);
    await order(rig);
    await order(rig);
    rig.plane.carry(SHOP, a, 0);
    await rig.clock.advanceAsync(1000);
    await order(rig);
    assert.deepEqual(told(rig, 'drain-began'), [
      'draining until 2026-01-01T00:05:00Z by anna',
      'goes on draining until 2026-01-01T00:05:00Z by anna',
      'by anna: out already, for it is not in the table',
    ]);
  });
});

describe('looking at drains', () => {
  it('does not happen when nothing drains', async () => {
    const rig = await serving(5);
    await rig.clock.advanceAsync(25_000);
    assert.deepEqual(rig.plane.dumps, []);
  });

  it('is about the services concerned alone, once a second, and ends with the drain', async () => {
    const rig = controllerRig(model([shop, service('mail', '192.0.2.11:25', [A])], { resyncMs: 3_600_000 }));
    await rig.reconciler.start();
    for (const each of [a, b]) rig.plane.carry(SHOP, each, 1);
    rig.plane.dumps.length = 0;
    await order(rig);
    await rig.reconciler.drains.drain(SHOP, b, { by: 'anna', timeoutMs: 10_300 });
    await rig.clock.advanceAsync(10_000);
    assert.equal(rig.plane.dumps.length, 9, 'the deadline of b takes the place of the tenth');
    assert.ok(rig.plane.dumps.every((keys) => keys !== null && keys.size === 1 && keys.has(SHOP)));
    rig.plane.carry(SHOP, a, 0);
    await rig.clock.advanceAsync(2000);
    rig.plane.dumps.length = 0;
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual(rig.plane.dumps, []);
  });

  it('goes on when the table cannot be read for a while', async () => {
    const rig = await serving(1);
    await order(rig);
    rig.plane.failObserve = 'ENOBUFS';
    await rig.clock.advanceAsync(5000);
    rig.plane.failObserve = null;
    rig.plane.carry(SHOP, a, 0);
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
  });

  it('leaves no timer behind', async () => {
    const rig = await serving(1);
    await order(rig);
    await rig.reconciler.close();
    assert.equal(rig.clock.pending, 0);
  });

  it('does not take a server with a weight for idle', async () => {
    const rig = await serving(0);
    rig.plane.failStep = ({ kind }) => (kind === 'edit-server' ? 'EIO' : null);
    await order(rig);
    await rig.clock.advanceAsync(20_000);
    assert.equal(rig.plane.server(SHOP, a)?.weight, 3);
    assert.equal((await statusOf(rig))?.drain?.end, null);
  });
});

describe('a clock that is set', () => {
  for (const hours of [1, -1])
    it(`by ${hours} h does not change how long a drain has, and the deadline is told by the new time`, async () => {
      const changes: string[] = [];
      const rig = await serving(1, { onStates: (change) => changes.push(change) });
      await order(rig);
      await rig.clock.advanceAsync(100_000);
      changes.length = 0;
      rig.clock.jumpWall(hours * 3_600_000);
      await rig.clock.advanceAsync(1000);
      assert.deepEqual(changes, ['override'], 'the new deadline is written down');
      const { deadlineMs } = await drainOf(rig);
      assert.equal((deadlineMs ?? 0) - rig.clock.wallMs(), FIVE_MINUTES - 101_000);
      await rig.clock.advanceAsync(FIVE_MINUTES - 101_001);
      assert.deepEqual(done(rig), ['edit 0']);
      await rig.clock.advanceAsync(1);
      assert.deepEqual(done(rig), ['edit 0', 'delete']);
    });
});

/** The director is stopped and started again, `awayMs` later, on the same table or an empty one. */
async function restarted(
  rig: ControllerRig,
  { awayMs = 0, plane = rig.plane, configured = shop } = {},
): Promise<ControllerRig> {
  const states: Partial<RememberedStates> = structuredClone({
    drains: rig.reconciler.states.drains,
    maintenance: rig.reconciler.states.maintenance,
  });
  const owned: OwnedTable = structuredClone(rig.reconciler.owned);
  await rig.reconciler.close();
  const next = controllerRig(model([configured]), 'fake', { plane, states, owned });
  next.clock.jumpWall(rig.clock.nowMs() + awayMs);
  plane.journal.length = 0;
  await next.reconciler.start();
  return next;
}

describe('a drain over a restart', () => {
  it('goes on with the time that was left', async () => {
    const before = await serving(1);
    await order(before);
    await before.clock.advanceAsync(100_000);
    const rig = await restarted(before, { awayMs: 50_000 });
    assert.deepEqual(done(rig), []);
    await rig.clock.advanceAsync(149_999);
    assert.deepEqual(done(rig), []);
    await rig.clock.advanceAsync(1);
    assert.deepEqual(done(rig), ['delete']);
  });

  it('ends at once when its time is over by then, and says whom that cut off', async () => {
    const before = await serving(4);
    await order(before);
    const rig = await restarted(before, { awayMs: FIVE_MINUTES });
    assert.deepEqual(done(rig), ['delete']);
    assert.deepEqual(told(rig, 'drain-ended'), ['drained: its time is over, 4 connections cut']);
  });

  it('is over on a plane whose table ended with the process: the server does not come back for a moment', async () => {
    const before = await serving(4);
    await order(before);
    const rig = await restarted(before, { plane: new FakeDataplane() });
    assert.deepEqual(
      rig.plane.journal.filter((step) => 'server' in step && step.server.key === a),
      [],
    );
    assert.equal((await statusOf(rig))?.drain?.end?.cause, 'gone');
  });

  it('stays over', async () => {
    const before = await serving(0);
    await order(before);
    await before.clock.advanceAsync(1000);
    const rig = await restarted(before);
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual(done(rig), []);
    assert.equal((await statusOf(rig))?.drain?.end?.cause, 'idle');
  });
});

describe('a server that leaves the file', () => {
  const reload = (rig: ControllerRig, configured = onlyB): Promise<unknown> =>
    rig.reconciler.setModel(model([configured]), { cause: null });

  it('drains for as long as its service says', async () => {
    const rig = await serving(2);
    await reload(rig);
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(FIVE_MINUTES - 1);
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(1);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
    assert.deepEqual(told(rig, 'drain-began', 'drain-ended'), [
      'not in the file (any more): draining until 2026-01-01T00:05:00Z',
      'drained: its time is over, 2 connections cut',
    ]);
  });

  it('goes soon without connections', async () => {
    const rig = await serving(0);
    await reload(rig);
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual([...rig.reconciler.owned.leaving], []);
  });

  it('is deleted at once with a timeout of 0', async () => {
    const rig = await serving(2);
    await reload(rig, { ...onlyB, drain: { timeoutMs: 0, templates: 'keep' } });
    assert.deepEqual(done(rig), ['delete']);
    assert.deepEqual(told(rig, 'drain-began'), []);
  });

  it('is deleted at once where the scheduler would turn away its clients meanwhile', async () => {
    for (const [flags, expected] of [
      [[], 'delete'],
      [['sh-fallback'], 'edit 0'],
    ] as const) {
      const settings = { ...shop.settings, scheduler: 'sh', schedulerFlags: flags };
      const rig = controllerRig(model([{ ...shop, settings }]));
      await rig.reconciler.start();
      rig.plane.carry(SHOP, a, 2);
      rig.plane.journal.length = 0;
      await reload(rig, { ...onlyB, settings });
      assert.deepEqual(done(rig), [expected]);
    }
  });

  it('is edited back when it returns meanwhile, with its connections', async () => {
    const rig = await serving(2);
    await reload(rig);
    await rig.clock.advanceAsync(10_000);
    await reload(rig, shop);
    assert.deepEqual(done(rig), ['edit 0', 'edit 3']);
    assert.equal(rig.plane.server(SHOP, a)?.activeConnections, 2);
    await rig.clock.advanceAsync(2 * FIVE_MINUTES);
    assert.equal(done(rig).length, 2);
  });

  it('is edited back also when it returns while the round that looks for it is under way', async () => {
    const rig = await serving(2);
    await reload(rig);
    const release = rig.plane.hold();
    const leaving = reload(rig, { ...onlyB, settings: { ...shop.settings, scheduler: 'rr' } });
    const returning = reload(rig, shop);
    release();
    await Promise.all([leaving, returning]);
    assert.equal(rig.plane.server(SHOP, a)?.activeConnections, 2);
    assert.ok(!done(rig).includes('delete'));
  });

  it('goes with its service', async () => {
    const rig = await serving(2);
    await reload(rig);
    await rig.reconciler.setModel(model([]), { cause: null, force: true });
    assert.equal(rig.plane.table.size, 0);
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual([...rig.reconciler.owned.leaving], []);
    assert.deepEqual(told(rig, 'drain-ended'), []);
  });

  it('goes on draining after a restart', async () => {
    const before = await serving(2);
    await reload(before);
    await before.clock.advanceAsync(100_000);
    const rig = await restarted(before, { awayMs: 100_000, configured: onlyB });
    await rig.clock.advanceAsync(99_999);
    assert.deepEqual(done(rig), []);
    await rig.clock.advanceAsync(1);
    assert.deepEqual(done(rig), ['delete']);
  });

  it('drains also when it left while lvsd was stopped', async () => {
    const before = await serving(2);
    const rig = await restarted(before, { configured: onlyB });
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(FIVE_MINUTES);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
  });

  it('keeps the deadline of the operator who drained it before', async () => {
    const rig = await serving(2);
    await rig.reconciler.drains.drain(SHOP, a, { by: 'anna', timeoutMs: 20_000 });
    await reload(rig);
    await rig.clock.advanceAsync(19_999);
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(1);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
    await reload(rig, shop);
    assert.equal(rig.plane.server(SHOP, a)?.weight, 3, 'the order has gone with the server');
  });

  it('is shown with its name and its deadline', async () => {
    const rig = await serving(2);
    await reload(rig);
    const status = await statusOf(rig);
    assert.equal(status?.reason, 'not in the file: draining until 2026-01-01T00:05:00Z');
    assert.deepEqual(status.drain?.origin, 'file');
    assert.equal(status.activeConnections, 2);
  });

  it('is planned as a drain', async () => {
    const rig = await serving(2);
    const { steps } = await rig.reconciler.preview(model([onlyB]));
    const [step] = steps;
    assert.ok(step?.kind === 'edit-server');
    assert.equal(step.server.name, 'web-1');
    assert.equal(step.drain?.deadlineMs, rig.clock.wallMs() + FIVE_MINUTES);
    await reload(rig);
    assert.deepEqual(await rig.reconciler.preview(model([onlyB])), { steps: [], refusedWithoutForce: null });
  });

  it('is no drift, however others meddle with it', async () => {
    const rig = await serving(2);
    await reload(rig);
    rig.plane.externalServer(SHOP, { key: a, weight: 7 });
    await rig.clock.advanceAsync(30_000);
    assert.equal(rig.plane.server(SHOP, a)?.weight, 0);
    assert.deepEqual(told(rig, 'drift-found'), []);
  });
});

describe('maintenance', () => {
  const begin = (rig: ControllerRig, reason = 'new disks'): Promise<unknown> =>
    rig.reconciler.drains.beginMaintenance(SHOP, a, { by: 'anna', reason });

  it('drains the server first, then keeps it out, and says who wanted it and why', async () => {
    const rig = await serving(2);
    await begin(rig);
    assert.deepEqual(done(rig), ['edit 0']);
    const since = '2026-01-01T00:00:00Z';
    const draining = `in maintenance by anna since ${since}: new disks; draining until 2026-01-01T00:05:00Z`;
    assert.equal((await statusOf(rig))?.reason, draining);
    await rig.clock.advanceAsync(FIVE_MINUTES);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
    assert.equal((await statusOf(rig))?.reason, `in maintenance by anna since ${since}: new disks`);
  });

  it('holds while the server is out of the file, and when it comes back', async () => {
    const rig = await serving(0);
    await begin(rig);
    await rig.clock.advanceAsync(1000);
    await rig.reconciler.setModel(model([onlyB]), { cause: null });
    await rig.reconciler.setModel(model([shop]), { cause: null });
    assert.equal(rig.plane.server(SHOP, a), undefined);
    await rig.reconciler.drains.endMaintenance(SHOP, a, 'anna');
    assert.equal(rig.plane.server(SHOP, a)?.weight, 3);
  });

  it('cuts nobody off when the server leaves the file and comes back while it drains', async () => {
    const rig = await serving(2);
    await begin(rig);
    await rig.reconciler.setModel(model([onlyB]), { cause: null });
    await rig.reconciler.setModel(model([shop]), { cause: null });
    assert.deepEqual(done(rig), ['edit 0']);
    await rig.clock.advanceAsync(FIVE_MINUTES);
    assert.deepEqual(done(rig), ['edit 0', 'delete']);
  });

  it('holds over a restart', async () => {
    const before = await serving(0);
    await begin(before);
    await before.clock.advanceAsync(1000);
    const rig = await restarted(before);
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual(done(rig), []);
    assert.equal((await statusOf(rig))?.maintenance?.reason, 'new disks');
  });

  it('ends with the drain that it began, and leaves alone one that was there for itself', async () => {
    const rig = await serving(2);
    await begin(rig);
    await rig.reconciler.drains.endMaintenance(SHOP, a, 'anna');
    assert.equal(rig.plane.server(SHOP, a)?.weight, 3);
    await order(rig);
    await begin(rig);
    await rig.reconciler.drains.endMaintenance(SHOP, a, 'anna');
    assert.equal(rig.plane.server(SHOP, a)?.weight, 0);
    await begin(rig);
    await order(rig);
    await rig.reconciler.drains.endMaintenance(SHOP, a, 'anna');
    assert.equal(rig.plane.server(SHOP, a)?.weight, 0);
    assert.equal(await rig.reconciler.drains.endMaintenance(SHOP, a, 'anna'), null);
  });

  it('keeps who began it when it is ordered again, and takes the new reason', async () => {
    const rig = await serving(2);
    await begin(rig);
    await rig.clock.advanceAsync(5000);
    await rig.reconciler.drains.beginMaintenance(SHOP, a, { by: 'bert', reason: '' });
    assert.equal((await statusOf(rig))?.maintenance?.reason, 'new disks');
    await rig.reconciler.drains.beginMaintenance(SHOP, a, { by: 'bert', reason: 'new fans' });
    const maintenance = (await statusOf(rig))?.maintenance;
    assert.deepEqual([maintenance?.by, maintenance?.reason], ['anna', 'new fans']);
  });

  it('is listed, also of a server that is not in the file', async () => {
    const rig = await serving(0);
    await begin(rig);
    await rig.reconciler.setModel(model([onlyB]), { cause: null });
    await rig.clock.advanceAsync(2000);
    const [listed] = rig.reconciler.drains.list();
    assert.deepEqual([listed?.server, listed?.maintenance?.by, listed?.drain], [a, 'anna', null]);
  });
});

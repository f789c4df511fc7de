/**
 * Services for writes and for reads over one set of databases, whose roles change: from the probe to the table. After every
 * step that the plane takes, at most one server may be chosen for writes.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  READS,
  RoleRig,
  WRITES,
  database,
  keyOfDatabase,
  reads,
  redis,
  writes,
  type Says,
} from '../support/role-rig.js';

const BOTH = [writes('abc'), reads('abc')];
const A_LEADS = { a: 'primary', b: 'replica', c: 'replica' } as const;
/** interval x fall + 1 s. */
const BOUND_MS = 1000 * 3 + 1000;
/** All that may be going on has come to an end. */
const LONG_MS = 12_000;

async function settled(services = BOTH, says: Readonly<Record<string, Says>> = A_LEADS): Promise<RoleRig> {
  const rig = await RoleRig.begin(services, says);
  await rig.pass(LONG_MS);
  return rig;
}

/** Of each server that was deleted: whether its connections end. */
function endings({ plane }: RoleRig): readonly boolean[] {
  return plane.journal.flatMap((step) =>
    step.kind === 'delete-server' ? [step.endsConnections === true] : [],
  );
}

/** Whatever else a story shows. */
async function end(rig: RoleRig): Promise<void> {
  await rig.close();
  assert.deepEqual(rig.twice, []);
}

describe('services for roles', () => {
  it('send writes to the primary and reads to the replicas', async () => {
    const rig = await settled();
    assert.deepEqual([rig.serving(WRITES), rig.serving(READS)], ['a', 'bc']);
    const { services } = await rig.reconciler.status();
    assert.deepEqual(
      services.map(({ name, health, reason }) => [name, health, reason]),
      [
        ['writes', 'ok', ''],
        ['reads', 'ok', ''],
      ],
    );
    assert.equal(await rig.reasonOf('b'), 'redis b: is replica, wanted primary');
    assert.deepEqual(rig.told('server-down', 'server-role', 'role-conflict'), []);
    const [first] = services[0]?.servers ?? [];
    assert.deepEqual([first?.seenRole?.name, first?.seenRole?.confirmed], ['primary', true]);
    await end(rig);
  });

  it('follow a fail-over: the primary is silent and a replica is promoted', async () => {
    for (const promotedAfterMs of [0, 300, 900, 1600, 2400]) {
      const rig = await settled();
      rig.say({ a: 'silent' });
      await rig.pass(promotedAfterMs);
      rig.say({ b: 'primary' });
      const ms = await rig.until(() => rig.serving() === 'b', LONG_MS);
      assert.ok(promotedAfterMs + ms <= BOUND_MS, `${promotedAfterMs} + ${ms} ms`);
      await rig.pass(LONG_MS);
      assert.deepEqual([rig.serving(WRITES), rig.serving(READS)], ['b', 'c']);
      assert.deepEqual(rig.told('server-role'), [
        'server-role b replica -> primary',
        'server-role b replica -> primary',
      ]);
      await end(rig);
    }
  });

  for (const [loss, says] of [
    ['fails and nobody has its place', { a: 'silent' }],
    ['fails', { a: 'silent', b: 'primary' }],
    ['gives way', { a: 'replica', b: 'primary' }],
  ] as const)
    for (const onFailure of ['remove', 'quiesce'] as const)
      it(`end what the old primary carries when it ${loss} (${onFailure})`, async () => {
        const rig = await settled([writes('ab', { onFailure })], { a: 'primary', b: 'replica' });
        rig.plane.journal.length = 0;
        rig.say(says);
        await rig.pass(LONG_MS);
        // Quiesced it keeps its place, and what it carries, until another one comes.
        const stays = !('b' in says) && onFailure === 'quiesce';
        assert.equal(rig.present(), 'b' in says ? 'b' : stays ? 'a' : '');
        assert.deepEqual(endings(rig), stays ? [] : [true]);
        await end(rig);
      });

  it('ask the silent primary at once when another one claims, and wait for no fall', async () => {
    const slow = { intervalMs: 10_000, fastIntervalMs: 10_000, downIntervalMs: 10_000, fall: 5 };
    const rig = await settled([writes('ab', { checks: [redis('primary', slow)] })], {
      a: 'primary',
      b: 'replica',
    });
    await rig.pass(LONG_MS * 3);
    assert.equal(rig.serving(), 'a');
    rig.say({ a: 'silent', b: 'primary' });
    await rig.until(() => rig.told('server-role').length > 0, 11_000);
    const ms = await rig.until(() => rig.serving() === 'b', LONG_MS);
    assert.ok(ms <= 510, `${ms} ms after the claim: the time of one probe`);
    assert.deepEqual(rig.told('primary-changed').length, 1);
    await end(rig);
  });

  it('follow a planned switch-over between two probes in one plan', async () => {
    const rig = await settled();
    rig.plane.journal.length = 0;
    rig.say({ a: 'replica', b: 'primary' });
    const ms = await rig.until(() => rig.serving() === 'b', LONG_MS);
    assert.ok(ms <= 1010, `${ms} ms: the next probe`);
    await rig.pass(LONG_MS);
    assert.deepEqual([rig.serving(WRITES), rig.serving(READS)], ['b', 'ac']);
    const steps = rig.plane.journal.filter(({ service }) => service.key === WRITES);
    assert.deepEqual(
      steps.map((step) => [step.kind, 'server' in step ? step.server.name : '']),
      [
        ['delete-server', 'a'],
        ['add-server', 'b'],
      ],
    );
    assert.deepEqual(rig.told('server-down', 'role-conflict'), []);
    await end(rig);
  });

  it('keep the holder while both say that they are the primary, tell it once, and go on when one gives in', async () => {
    const rig = await settled();
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 'a');
    assert.deepEqual(rig.told('role-conflict'), [
      'role-conflict b says that it is the primary, too: a holds the service',
    ]);
    assert.match((await rig.reasonOf('b')) ?? '', /says that it is the primary, and so does a/);
    rig.say({ a: 'replica' });
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 'b');
    assert.equal(rig.told('role-conflict').length, 1);
    await end(rig);
  });

  it('keep the holder through lost probes while two say that they are the primary, and let it fall', async () => {
    const rig = await settled();
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    for (const lost of ['a', 'b', 'a'] as const) {
      rig.say({ [lost]: 'silent' });
      await rig.pass(1500);
      assert.equal(rig.serving(), 'a', `lost: ${lost}`);
      rig.say({ [lost]: 'primary' });
      await rig.pass(3000);
    }
    await rig.restart();
    rig.say({ a: 'refused' });
    await rig.pass(1500);
    assert.equal(rig.serving(), 'a', 'what the holder has said goes on over a restart');
    assert.deepEqual(rig.told('primary-changed'), []);
    assert.equal(rig.told('role-conflict').length, 1);
    await rig.pass(2500);
    assert.equal(rig.serving(), 'b', 'by its fall rule');
    await end(rig);
  });

  it('take a rival that gave in and claims again for a new one', async () => {
    const rig = await settled();
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    rig.say({ b: 'replica' });
    await rig.pass(LONG_MS);
    rig.say({ a: 'silent', b: 'primary' });
    const ms = await rig.until(() => rig.serving() === 'b', LONG_MS);
    assert.ok(ms <= 1510, `${ms} ms: the next probe of b, and one of a`);
    await end(rig);
  });

  it('give the service to a higher term at once, and to a lower one never while the holder is well', async () => {
    const rig = await settled([writes('abc')], { a: { primaryOf: 4 }, b: 'replica', c: 'replica' });
    rig.say({ b: { primaryOf: 5 } });
    assert.ok((await rig.until(() => rig.serving() === 'b', LONG_MS)) <= 1010);
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 'b');
    rig.say({ b: 'refused' });
    await rig.pass(1100);
    assert.equal(rig.serving(), 'b', 'one failure is no reason to go back to an old term');
    rig.say({ b: { primaryOf: 5 } });
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 'b');
    await end(rig);
  });

  it('start with two that claim: the higher term, else the first of the file', async () => {
    const equal = await settled([writes('abc')], { a: 'replica', b: 'primary', c: 'primary' });
    assert.equal(equal.serving(), 'b');
    await end(equal);
    const terms = await settled([writes('abc')], { a: 'replica', b: { primaryOf: 1 }, c: { primaryOf: 2 } });
    assert.equal(terms.serving(), 'c');
    await end(terms);
  });

  it('leave a silent holder to fall while nobody else claims', async () => {
    const rig = await settled();
    rig.say({ a: 'silent' });
    await rig.pass(2000);
    assert.equal(rig.serving(), 'a');
    await rig.pass(2000);
    assert.equal(rig.serving(), '');
    const { services } = await rig.reconciler.status();
    assert.equal(services[0]?.health, 'down');
    await end(rig);
  });

  it('go on over a restart in the middle of a fail-over', async () => {
    for (const afterMs of [0, 100, 700, 1200, 2500]) {
      const rig = await settled();
      rig.say({ a: 'silent', b: 'primary' });
      await rig.pass(afterMs);
      await rig.restart();
      const ms = await rig.until(() => rig.serving() === 'b', LONG_MS);
      assert.ok(ms <= BOUND_MS, `${afterMs} + ${ms} ms`);
      await rig.pass(LONG_MS);
      assert.deepEqual([rig.serving(WRITES), rig.serving(READS)], ['b', 'c']);
      await end(rig);
    }
  });

  it('keep the holder over a restart though another one claims, and tell the conflict once', async () => {
    const rig = await settled([writes('ba')], { a: 'primary', b: 'replica' });
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    await rig.restart();
    assert.equal(rig.serving(), 'a');
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 'a');
    assert.equal(rig.told('role-conflict').length, 1);
    await end(rig);
  });

  it('go on over a reload in the middle', async () => {
    for (const afterMs of [0, 600, 1100]) {
      const rig = await settled();
      rig.say({ a: 'silent', b: 'primary' });
      await rig.pass(afterMs);
      await rig.reload([writes('abc', { quorum: 1, checks: [redis('primary', { fall: 5 })] }), reads('abc')]);
      const ms = await rig.until(() => rig.serving() === 'b', LONG_MS);
      assert.ok(ms <= BOUND_MS, `${afterMs} + ${ms} ms`);
      await end(rig);
    }
  });

  it('take the holder out when it leaves the file and another one has the service', async () => {
    const drain = { timeoutMs: 300_000, templates: 'keep' } as const;
    const rig = await settled([writes('abc', { drain })]);
    rig.plane.carry(WRITES, keyOfDatabase('a'), 5);
    await rig.reload([writes('bc', { drain })]);
    assert.deepEqual([rig.serving(), rig.present()], ['', 'a'], 'it drains while nobody has its place');
    rig.say({ a: 'replica', b: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual([rig.serving(), rig.present()], ['b', 'b']);
    assert.equal(endings(rig).at(-1), true);
    await end(rig);
  });

  it('delete a drained holder when another one has the service, and leave it while nobody has', async () => {
    const rig = await settled([writes('abc', { onFailure: 'quiesce' })]);
    rig.plane.carry(WRITES, keyOfDatabase('a'), 5);
    await rig.reconciler.drains.drain(WRITES, keyOfDatabase('a'), { timeoutMs: 600_000, by: 'root' });
    await rig.pass(100);
    assert.deepEqual([rig.serving(), rig.present()], ['', 'a']);
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual([rig.serving(), rig.present()], ['b', 'b']);
    assert.equal(endings(rig).at(-1), true);
    await end(rig);
  });

  it('remove a failed holder of on_failure: quiesce when another one comes', async () => {
    const rig = await settled([writes('abc', { onFailure: 'quiesce' })]);
    rig.say({ a: 'refused' });
    await rig.pass(LONG_MS);
    assert.deepEqual([rig.serving(), rig.present()], ['', 'a']);
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual([rig.serving(), rig.present()], ['b', 'b']);
    await end(rig);
  });

  it('add nobody when the holder cannot be removed', async () => {
    const rig = await settled();
    rig.plane.failStep = (step) => (step.kind === 'delete-server' ? 'EBUSY' : null);
    rig.say({ a: 'replica', b: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual(rig.present(), 'a');
    rig.plane.failStep = () => null;
    await rig.pass(LONG_MS);
    assert.deepEqual(rig.present(), 'b');
    await end(rig);
  });

  it('take one that can serve nobody for failed at once, over a restart and another wish, and hold it', async () => {
    const rig = await settled([reads('abc')]);
    rig.say({ b: 'unfit' });
    await rig.pass(1010);
    assert.equal(rig.serving(READS), 'c');
    assert.deepEqual(rig.told('server-down'), ['server-down b up -> down: redis b: recovers']);
    await rig.restart();
    assert.equal(rig.serving(READS), 'c', 'after a restart');
    await rig.pass(LONG_MS);
    await rig.reload([reads('abc', { checks: [redis('any')], recovery: { kind: 'manual' } })]);
    assert.equal(rig.serving(READS).includes('b'), false, 'after a reload');
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(READS), 'ac');
    rig.say({ b: 'replica' });
    await rig.pass(LONG_MS);
    assert.match((await rig.reasonOf('b', READS)) ?? '', /^held: /);
    await end(rig);
  });

  it('hold nobody back by recovery who had another role', async () => {
    for (const recovery of [{ kind: 'manual' }, { kind: 'delayed', delayMs: 60_000 }] as const) {
      const rig = await settled([writes('abc', { recovery })]);
      rig.say({ a: 'replica', b: 'primary' });
      await rig.pass(2000);
      assert.equal(rig.serving(), 'b');
      rig.say({ a: 'primary', b: 'replica' });
      await rig.pass(2000);
      assert.equal(rig.serving(), 'a', 'back again');
      // A silent one has failed, and is held as ever.
      rig.say({ a: 'silent' });
      await rig.pass(LONG_MS);
      rig.say({ a: 'primary' });
      await rig.pass(LONG_MS);
      assert.equal(rig.serving(), '');
      assert.match((await rig.reasonOf('a')) ?? '', /^held: /);
      await end(rig);
    }
  });

  it('let a failed replica serve its delay while it is a replica', async () => {
    const rig = await settled([writes('ab', { recovery: { kind: 'delayed', delayMs: 20_000 } })], {
      a: 'primary',
      b: 'replica',
    });
    rig.say({ b: 'refused' });
    await rig.pass(LONG_MS);
    rig.say({ b: 'replica' });
    await rig.pass(25_000);
    rig.say({ a: 'replica', b: 'primary' });
    await rig.pass(2000);
    assert.equal(rig.serving(), 'b');
    await end(rig);
  });

  it('choose one primary though require: any calls replicas well', async () => {
    const tcp = {
      type: 'tcp',
      port: null,
      send: null,
      expect: null,
      maxBytes: 64,
      timing: redis('any').timing,
    } as const;
    const rig = await settled([writes('abc', { checks: [tcp, redis('primary')], requiredChecks: 1 })]);
    assert.equal(rig.serving(), 'a');
    assert.equal(await rig.reasonOf('b'), 'is no primary');
    rig.say({ a: 'replica', c: 'primary' });
    await rig.pass(2000);
    assert.equal(rig.serving(), 'c');
    await end(rig);
  });

  it('let the sorry server and the backup pool in only when the primary is out', async () => {
    const backup = { ...writes('ab'), backupPool: 'standby', sorryServer: database('s') };
    const services = [{ ...backup, servers: [...backup.servers, database('x', { backup: true })] }];
    const rig = await settled(services, { a: 'primary', b: 'replica', x: 'replica' });
    assert.equal(rig.serving(), 'a');
    rig.say({ a: 'silent' });
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 's');
    rig.say({ x: 'primary' });
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 'x');
    rig.say({ a: 'primary', x: 'replica' });
    await rig.pass(LONG_MS);
    assert.equal(rig.serving(), 'a');
    await end(rig);
  });

  it('say what each server says where none has the role, and name all of them', async () => {
    const rig = await settled(BOTH, { a: 'replica', b: 'replica', c: 'replica' });
    const whyOf = async (name: string) => {
      const { services } = await rig.reconciler.status();
      const found = services.find((each) => each.name === name);
      return [found?.health, found?.reason];
    };
    const nobody =
      'no server says that it is the primary (a: replica, b: replica, c: replica): nobody serves';
    const each = ['a', 'b', 'c']
      .map((name) => `${name} (redis ${name}: is replica, wanted primary)`)
      .join(', ');
    assert.deepEqual(await whyOf('writes'), ['down', `${nobody}; 3 of 3 servers not serving: ${each}`]);
    rig.say({ a: 'primary', b: 'primary', c: 'refused' });
    await rig.pass(LONG_MS);
    assert.deepEqual(await whyOf('reads'), [
      'down',
      'c said last that it is a replica, but is out (check failed: refused): nobody serves; ' +
        '3 of 3 servers not serving: a (redis a: is primary, wanted replica), ' +
        'b (redis b: is primary, wanted replica), c (check failed: refused)',
    ]);
    await end(rig);
  });

  it('do not call servers ill that have the other role, nor say that nobody is the primary where one is out', async () => {
    const rig = await settled(BOTH, { a: 'primary', b: 'replica', c: 'primary' });
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    assert.equal(
      rig.told('service-degraded').at(-1),
      'service-degraded no server says that it is a replica (a: primary, b: primary, c: primary): nobody serves',
    );
    rig.say({ b: 'replica', c: 'replica' });
    await rig.pass(LONG_MS);
    await rig.reconciler.drains.beginMaintenance(WRITES, keyOfDatabase('a'), { by: 'root', reason: 'disk' });
    await rig.pass(100);
    assert.match(
      rig.told('service-degraded').at(-1) ?? '',
      /^service-degraded a says that it is the primary, but is out \(in maintenance by root .*: disk.*\): nobody serves$/,
    );
    await end(rig);
  });

  it('tell of every other holder, also after a while without one and over a restart in it', async () => {
    const rig = await settled([writes('abc')]);
    rig.say({ a: 'refused' });
    await rig.pass(LONG_MS);
    assert.deepEqual([rig.serving(), rig.told('primary-changed')], ['', []]);
    await rig.restart();
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual(rig.told('primary-changed'), ['primary-changed a -> b; a: check failed: refused']);
    // The same one again is no other one.
    rig.say({ b: 'refused' });
    await rig.pass(LONG_MS);
    rig.say({ b: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual([rig.serving(), rig.told('primary-changed').length], ['b', 1]);
    await end(rig);
  });

  it('tell of one that fails, and answers again, while it is out for its role, and never that it was up', async () => {
    const rig = await settled([reads('abc')]);
    const all = () => rig.told('server-down', 'server-up', 'server-role', 'server-unknown');
    assert.deepEqual(all(), ['server-up b unknown -> up: replica', 'server-up c unknown -> up: replica']);
    rig.say({ a: 'refused' });
    await rig.pass(LONG_MS);
    assert.deepEqual(all().slice(2), [
      'server-down a was out for its role (primary, wanted replica) -> down: refused',
    ]);
    rig.say({ a: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual(all().slice(3), [
      'server-role a down -> out for its role: redis a: is primary, wanted replica',
    ]);
    rig.say({ a: 'replica' });
    await rig.pass(LONG_MS);
    assert.deepEqual(all().slice(4), ['server-role a primary -> replica']);
    await end(rig);
  });

  it('count no time out for a role as down: neither before a promotion nor after it', async () => {
    const rig = await settled();
    const standings = (key: typeof WRITES) => {
      const found = rig.reconciler.standing(key);
      return [found?.standing, ...(found?.servers.values() ?? [])];
    };
    const well = ['up', 'up', 'up', 'up'];
    assert.deepEqual([standings(WRITES), standings(READS)], [well, well]);
    rig.say({ a: 'replica', b: 'primary' });
    await rig.pass(LONG_MS);
    assert.deepEqual([standings(WRITES), standings(READS)], [well, well]);
    rig.say({ a: 'refused' });
    await rig.pass(LONG_MS);
    assert.deepEqual(standings(WRITES), ['degraded', 'down', 'up', 'up']);
    await end(rig);
  });

  it('tell at a first start of no service that nobody serves, until its servers are known', async () => {
    const told = [
      'service-degraded',
      'service-on-sorry',
      'service-restored',
      'quorum-lost',
      'quorum-reached',
    ];
    const well = await settled([writes('abc', { sorryServer: database('s') }), reads('abc')]);
    assert.deepEqual(well.told(...told), []);
    await end(well);
    const ill = await RoleRig.begin(BOTH, { a: 'replica', b: 'replica', c: 'silent' });
    await ill.pass(400);
    assert.deepEqual(ill.told(...told), [], 'c has not answered yet');
    await ill.pass(LONG_MS);
    assert.deepEqual(ill.told(...told), [
      'service-degraded no server says that it is the primary (a: replica, b: replica, c: nothing): nobody serves',
    ]);
    await end(ill);
  });
});

/** Stories that an operator would tell, through the whole controller. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatStep } from '../../src/controller/describe-step.js';
import { controllerRig, type ControllerRig } from '../support/controller.js';
import { settle } from '../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');
const C = serverKeyOf('10.0.0.3:80');
const shop = service('shop', '192.0.2.10:80', [
  server(A, { name: 'a', weight: 3 }),
  server(B, { name: 'b' }),
  server(C, { name: 'c' }),
]);

/** `7 server-down a <- 3`: what happened, to whom, and the event that led to it. */
function tell({ story }: ControllerRig, from: number): string[] {
  const events = story().slice(from);
  return events.map(({ seq, type, server: member, message, cause }) => {
    const why = cause === null ? '' : ` <- ${cause - from}`;
    return `${seq - from} ${type} ${member ?? '-'} (${message})${why}`;
  });
}

describe('a server dies and comes back', () => {
  it('is taken out and put back as it was, and the story says why', async () => {
    const rig = controllerRig(model([shop]));
    await rig.reconciler.start();
    const from = rig.story().length;
    rig.plane.carry(SHOP, B, 5);
    await rig.reconciler.setWeight(SHOP, A, 8, 'alice');
    rig.reconciler.setVerdict(SHOP, A, verdict('down', 'connect: ECONNREFUSED'));
    await settle();
    assert.equal((await rig.reconciler.status()).services[0]?.health, 'degraded');
    rig.reconciler.setVerdict(SHOP, A, verdict('up', 'connected'));
    await settle();
    assert.deepEqual(tell(rig, from), [
      '1 weight-set a (weight 8 set by alice)',
      '2 server-changed a (weight 3 -> 8: weight 8 set by alice) <- 1',
      '3 server-down a (unknown -> down: connect: ECONNREFUSED)',
      '4 server-removed a (removed: check failed: connect: ECONNREFUSED) <- 3',
      '5 server-up a (down -> up: connected)',
      '6 server-added a (added: 10.0.0.1:80, nat, weight 8) <- 5',
    ]);
    assert.equal(rig.plane.server(SHOP, B)?.activeConnections, 5);
  });

  it('keeps its connections where the file says quiesce', async () => {
    const rig = controllerRig(model([{ ...shop, onFailure: 'quiesce' }]));
    await rig.reconciler.start();
    rig.plane.carry(SHOP, A, 12);
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    assert.deepEqual(
      [rig.plane.server(SHOP, A)?.weight, rig.plane.server(SHOP, A)?.activeConnections],
      [0, 12],
    );
    rig.reconciler.setVerdict(SHOP, A, verdict('up'));
    await settle();
    assert.deepEqual(
      [rig.plane.server(SHOP, A)?.weight, rig.plane.server(SHOP, A)?.activeConnections],
      [3, 12],
    );
  });
});

describe('every server fails at once', () => {
  it('takes them all out, since checks are not what the shrink guard guards', async () => {
    const servers = Array.from({ length: 12 }, (_, index) => `10.0.1.${index}:80`);
    const rig = controllerRig(model([service('shop', '192.0.2.10:80', servers)]));
    await rig.reconciler.start();
    for (const address of servers) rig.reconciler.setVerdict(SHOP, serverKeyOf(address), verdict('down'));
    await settle();
    assert.equal(rig.plane.table.get(SHOP)?.servers.size, 0);
    assert.equal((await rig.reconciler.status()).services[0]?.health, 'down');
    for (const address of servers) rig.reconciler.setVerdict(SHOP, serverKeyOf(address), verdict('up'));
    await settle();
    assert.equal(rig.plane.table.get(SHOP)?.servers.size, 12);
  });
});

describe('a file replaces every server', () => {
  it('adds the new ones before the old ones go, and keeps the old ones if that fails', async () => {
    const rig = controllerRig(model([shop]));
    await rig.reconciler.start();
    const next = model([service('shop', '192.0.2.10:80', ['10.0.9.1:80', '10.0.9.2:80'])]);
    rig.plane.journal.length = 0;
    rig.plane.failStep = (step) => ('server' in step && step.server.key === '10.0.9.2:80' ? 'EINVAL' : null);
    await rig.reconciler.setModel(next, { cause: null });
    assert.deepEqual([...(rig.plane.table.get(SHOP)?.servers.keys() ?? [])], [A, B, C, '10.0.9.1:80']);
    rig.plane.failStep = () => null;
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(rig.plane.journal.map(formatStep), [
      'shop: add server 10.0.9.1:80 (nat, weight 1)',
      'shop: add server 10.0.9.2:80 (nat, weight 1)',
      'shop: delete server a (10.0.0.1:80, nat, weight 3)',
      'shop: delete server b (10.0.0.2:80, nat, weight 1)',
      'shop: delete server c (10.0.0.3:80, nat, weight 1)',
    ]);
  });
});

describe('a wrong file is put in place', () => {
  it('is refused until forced, and traffic goes on meanwhile', async () => {
    const many = Array.from({ length: 8 }, (_, index) =>
      service(`s${index}`, `192.0.2.${100 + index}:80`, [A]),
    );
    const rig = controllerRig(model([shop, ...many]));
    await rig.reconciler.start();
    const wrong = model([shop]);
    const refused = await rig.reconciler.setModel(wrong, { cause: null });
    assert.equal(refused.accepted, false);
    assert.equal(
      refused.refusal.split('\n')[0],
      'the file removes 8 of 9 services (88.9%): s0, s1, s2, s3, s4 and 3 more; shrink_guard allows 50%',
    );
    assert.equal(rig.plane.table.size, 9);
    await rig.reconciler.setModel(wrong, { cause: null, force: true });
    assert.deepEqual([...rig.plane.table.keys()], [SHOP]);
  });
});

describe('five thousand services with ten servers each', () => {
  const large = model(
    Array.from({ length: 5000 }, (_, index) => {
      const address = `10.${index >> 8}.${index & 255}`;
      const servers = Array.from({ length: 10 }, (_unused, host) => server(`${address}.${host + 1}:80`));
      return service(`s${index}`, `192.${168 + (index >> 8)}.${index & 255}.1:80`, servers);
    }),
  );

  it('costs one batch a phase at the start, one dump a resync, and one step a verdict', async () => {
    const rig = controllerRig(large);
    assert.equal((await rig.reconciler.start()).steps.length, 55_000);
    assert.deepEqual(
      rig.plane.batches.map(({ length }) => length),
      [5000, 50_000],
    );
    rig.plane.batches.length = 0;
    rig.plane.dumps.length = 0;
    const subject = large.services[2500]!;
    rig.reconciler.setVerdict(subject.key, subject.servers[4]!.key, verdict('down'));
    await settle();
    assert.deepEqual(
      rig.plane.batches.map((batch) => batch.length),
      [1],
    );
    assert.deepEqual(rig.plane.dumps, []);
    await rig.clock.advanceAsync(30_000);
    assert.deepEqual(rig.plane.dumps, [null]);
    assert.equal(rig.plane.batches.length, 1);
    const accepted = await rig.reconciler.setModel(large, { cause: null });
    assert.deepEqual(accepted.accepted && accepted.steps, []);
  });
});

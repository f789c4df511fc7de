import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatStep } from '../../../src/controller/describe-step.js';
import type { Step } from '../../../src/dataplane/types.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const MAIL = keyOf('192.0.2.11:25');
const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');
const C = serverKeyOf('10.0.0.3:25');
const shop = service('shop', '192.0.2.10:80', [A, B]);
const mail = service('mail', '192.0.2.11:25', [C]);
const both = model([shop, mail]);

/** Started, with the journals of the start emptied. */
async function started(first = both): Promise<ControllerRig> {
  const rig = controllerRig(first);
  await rig.reconciler.start();
  forget(rig);
  return rig;
}

function forget({ plane }: ControllerRig): void {
  plane.journal.length = 0;
  plane.batches.length = 0;
  plane.dumps.length = 0;
}

function journal({ plane }: ControllerRig): string[] {
  return plane.journal.map(formatStep);
}

function told({ story }: ControllerRig, last: number): (readonly [string, string | null, string | null])[] {
  return story()
    .slice(-last)
    .map(({ type, service: name, server: member }) => [type, name, member] as const);
}

const failing = (reason: string) => () => reason;
const failAdding = (reason: string) => (step: Step) => (step.kind === 'add-server' ? reason : null);

describe('Reconciler at its start', () => {
  it('programs an empty table', async () => {
    const { reconciler, plane } = controllerRig(both);
    const { steps, failures } = await reconciler.start();
    assert.deepEqual([steps.length, failures], [5, []]);
    assert.deepEqual([...plane.table.keys()], [SHOP, MAIL]);
    assert.deepEqual([...(plane.table.get(SHOP)?.servers.keys() ?? [])], [A, B]);
  });

  it('tells of a new service once, with the number of its servers', async () => {
    const rig = controllerRig(both);
    await rig.reconciler.start();
    assert.deepEqual(
      rig.story().map(({ type, message }) => [type, message]),
      [
        ['service-added', 'created: 192.0.2.10:80, wlc, 2 servers'],
        ['service-added', 'created: 192.0.2.11:25, wlc, 1 server'],
      ],
    );
  });

  it('changes nothing in a table that is as wanted already', async () => {
    const rig = controllerRig(both);
    for (const entry of both.services) rig.plane.externalService(entry, entry.servers);
    assert.deepEqual((await rig.reconciler.start()).steps, []);
    assert.deepEqual(rig.plane.batches, []);
  });

  it('takes a busy server that it finds in its service out gently', async () => {
    const rig = controllerRig(both);
    rig.plane.externalService(shop, [server('10.9.9.9:80')]);
    rig.plane.carry(SHOP, serverKeyOf('10.9.9.9:80'), 2);
    await rig.reconciler.start();
    assert.equal(rig.plane.server(SHOP, serverKeyOf('10.9.9.9:80'))?.weight, 0);
    await rig.clock.advanceAsync(30_000);
    assert.ok(rig.plane.server(SHOP, serverKeyOf('10.9.9.9:80')), 'still there while it carries');
    rig.plane.carry(SHOP, serverKeyOf('10.9.9.9:80'), 0);
    await rig.clock.advanceAsync(30_000);
    assert.equal(rig.plane.server(SHOP, serverKeyOf('10.9.9.9:80')), undefined);
    assert.ok(!rig.story().some(({ type }) => type === 'drift-found'));
  });

  it('rejects and closes when the table cannot be read', async () => {
    const { reconciler, plane, clock } = controllerRig(both);
    plane.failObserve = 'EPERM';
    await assert.rejects(reconciler.start(), {
      code: 'ERR_TABLE_UNREADABLE',
      message: 'read the fake table: EPERM',
    });
    assert.deepEqual([plane.batches, clock.pending], [[], 0]);
  });

  it('remembers verdicts that came before', async () => {
    const { reconciler, plane } = controllerRig(both);
    reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    assert.deepEqual(plane.dumps, []);
    await reconciler.start();
    assert.deepEqual([...(plane.table.get(SHOP)?.servers.keys() ?? [])], [B]);
  });

  it('closes when its signal aborts', async () => {
    const { reconciler, clock } = controllerRig(both);
    const abort = new AbortController();
    await reconciler.start(abort.signal);
    abort.abort();
    await settle();
    assert.equal(clock.pending, 0);
    await assert.rejects(controllerRig(both).reconciler.start(abort.signal), { name: 'AbortError' });
  });
});

describe('Reconciler and verdicts', () => {
  it('takes a failed server out and back, from the remembered table', async () => {
    const rig = await started();
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    rig.reconciler.setVerdict(SHOP, A, verdict('up'));
    await settle();
    assert.deepEqual(journal(rig), [
      'shop: delete server 10.0.0.1:80 (nat, weight 1)',
      'shop: add server 10.0.0.1:80 (nat, weight 1)',
    ]);
    assert.deepEqual(rig.plane.dumps, []);
  });

  it('tells why, with the cause', async () => {
    const rig = await started();
    rig.reconciler.setVerdict(SHOP, A, verdict('down', 'HTTP 503'));
    await settle();
    const [down, removed] = rig.story().slice(-2);
    assert.deepEqual([down?.type, down?.message], ['server-down', 'unknown -> down: HTTP 503']);
    assert.deepEqual(
      [removed?.type, removed?.message],
      ['server-removed', 'removed: check failed: HTTP 503'],
    );
    assert.equal(removed?.cause, down?.seq);
  });

  it('plans changes of one turn together, each with its own cause', async () => {
    const rig = await started();
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    rig.reconciler.setVerdict(MAIL, C, verdict('down'));
    rig.reconciler.setVerdict(SHOP, B, verdict('down'));
    await settle();
    assert.equal(rig.plane.batches.length, 1);
    const events = rig
      .story()
      .filter(({ type }) => type !== 'service-degraded')
      .slice(-6);
    assert.deepEqual(
      events
        .slice(3)
        .map(({ server: member, cause }) => [member, events.find(({ seq }) => seq === cause)?.server]),
      [A, B, C].map((key) => [key, key]),
    );
  });

  it('collects what comes while a round runs into one more round', async () => {
    const rig = await started();
    const release = rig.plane.hold();
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    rig.reconciler.setVerdict(SHOP, A, verdict('up'));
    rig.reconciler.setVerdict(SHOP, B, verdict('down'));
    await settle();
    rig.reconciler.setVerdict(MAIL, C, verdict('down'));
    await settle();
    assert.equal(rig.plane.batches.length, 1);
    release();
    await settle();
    assert.deepEqual(
      rig.plane.batches.map((batch) => batch.map(formatStep)),
      [
        ['shop: delete server 10.0.0.1:80 (nat, weight 1)'],
        ['shop: add server 10.0.0.1:80 (nat, weight 1)'],
        [
          'shop: delete server 10.0.0.2:80 (nat, weight 1)',
          'mail: delete server 10.0.0.3:25 (nat, weight 1)',
        ],
      ],
    );
  });

  for (const state of ['up', 'unknown'] as const)
    it(`makes nothing of a first verdict that is ${state}`, async () => {
      const rig = await started();
      const events = rig.story().length;
      rig.reconciler.setVerdict(SHOP, A, verdict(state));
      await settle();
      assert.equal(rig.story().length, events);
      const { revision, services } = await rig.reconciler.status();
      assert.deepEqual([revision, services[0]?.servers[0]?.verdict], [1, state]);
    });

  it('makes nothing of a verdict that says the same again, or of a server that is gone', async () => {
    const rig = await started();
    rig.reconciler.setVerdict(SHOP, A, verdict('up'));
    await settle();
    const events = rig.story().length;
    rig.reconciler.setVerdict(SHOP, A, verdict('up', 'another reason'));
    rig.reconciler.setVerdict(SHOP, C, verdict('down'));
    await settle();
    assert.equal(rig.story().length, events);
    assert.deepEqual(journal(rig), []);
  });
});

describe("Reconciler and operators' weights", () => {
  it('sets a weight in place and returns to the file', async () => {
    const rig = await started();
    const set = await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    assert.deepEqual([set?.revision, rig.reconciler.askedWeight(SHOP, server(A))], [2, 5]);
    await rig.reconciler.setWeight(SHOP, A, null, 'uid 0');
    assert.equal(rig.reconciler.askedWeight(SHOP, server(A)), 1);
    assert.deepEqual(journal(rig), [
      'shop: edit server 10.0.0.1:80 (weight 1 -> 5)',
      'shop: edit server 10.0.0.1:80 (weight 5 -> 1)',
    ]);
    assert.equal(rig.story().at(-3)?.message, 'weight 1 -> 5: weight 5 set by uid 0');
  });

  it('outlives a reload that keeps the server, and ends with the server', async () => {
    const rig = await started();
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    await rig.reconciler.setModel(both, { cause: null });
    assert.equal(rig.plane.server(SHOP, A)?.weight, 5);
    await rig.reconciler.setModel(model([service('shop', '192.0.2.10:80', [B]), mail]), { cause: null });
    await rig.reconciler.setModel(both, { cause: null });
    assert.equal(rig.plane.server(SHOP, A)?.weight, 1);
  });

  it('knows no server that the file does not have', async () => {
    const rig = await started();
    assert.equal(await rig.reconciler.setWeight(SHOP, C, 5, 'uid 0'), null);
  });
});

describe('Reconciler and reloads', () => {
  it('changes nothing for a file that says the same', async () => {
    const rig = await started();
    const result = await rig.reconciler.setModel(structuredClone(both), { cause: null });
    assert.ok(result.accepted);
    assert.deepEqual([result.steps, result.revision, rig.plane.batches], [[], 2, []]);
  });

  it('looks at no service that is the same object as before, however many there are', async () => {
    let looks = 0;
    const untouched = Array.from({ length: 20 }, (_, index) => {
      const one = service(`s${index}`, `192.0.2.20:${8000 + index}`, [A, B]);
      return Object.defineProperty({ ...one }, 'settings', { get: () => (looks++, one.settings) });
    });
    const rig = await started(model([shop, ...untouched]));
    looks = 0;
    const changed = service('shop', '192.0.2.10:80', [server(A, { weight: 7 }), B]);
    await rig.reconciler.setModel(model([changed, ...untouched]), { cause: null });
    assert.deepEqual(journal(rig), ['shop: edit server 10.0.0.1:80 (weight 1 -> 7)']);
    assert.equal(looks, 0);
  });

  it('plans an unchanged service again whose steps have failed', async () => {
    const rig = await started();
    rig.plane.failStep = failing('EIO');
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    rig.plane.failStep = () => null;
    await rig.reconciler.setModel(both, { cause: null });
    assert.equal(rig.plane.server(SHOP, A)?.weight, 5);
  });

  it('looks at every entry of the table when foreign ones are to be removed from now on', async () => {
    const rig = controllerRig(both);
    rig.plane.externalService(service('other', '198.51.100.1:25', []));
    await rig.reconciler.start();
    forget(rig);
    await rig.reconciler.setModel(model([shop, mail], { unmanaged: 'remove' }), { cause: null });
    assert.deepEqual([...rig.plane.table.keys()], [SHOP, MAIL]);
  });

  it('removes what left the file and was ours, and nothing else', async () => {
    const rig = controllerRig(both);
    rig.plane.externalService(service('other', '198.51.100.1:25', []));
    await rig.reconciler.start();
    forget(rig);
    const cause = rig.events.append({ type: 'config-loaded', message: '' });
    await rig.reconciler.setModel(model([shop]), { cause });
    assert.deepEqual(journal(rig), ['mail: delete service (192.0.2.11:25, wlc)']);
    const removed = rig.story().at(-1);
    assert.deepEqual([removed?.type, removed?.service, removed?.cause], ['service-removed', 'mail', cause]);
    // Ours no longer: whoever makes it again keeps it.
    rig.plane.externalService(mail);
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual([...rig.plane.table.keys()], [keyOf('198.51.100.1:25'), SHOP, MAIL]);
  });

  it('tells the connections that it touches now, from a look at the services that it changes', async () => {
    const rig = await started();
    rig.plane.carry(SHOP, A, 4, 3);
    const next = model([service('shop', '192.0.2.10:80', [B]), mail]);
    const result = await rig.reconciler.setModel(next, { cause: null });
    assert.ok(result.accepted);
    assert.deepEqual(result.steps.map(formatStep), [
      'shop: delete server 10.0.0.1:80 (nat, weight 1; 7 live connections)',
    ]);
    assert.deepEqual(rig.plane.dumps, [new Set([SHOP])]);
  });

  it('refuses a file that removes too much, and changes nothing', async () => {
    const rig = await started();
    const result = await rig.reconciler.setModel(model([], { shrinkGuard: 1 }), { cause: null });
    assert.equal(result.accepted, false);
    assert.match(result.refusal, /removes 2 of 2 services/);
    assert.deepEqual([rig.plane.table.size, (await rig.reconciler.status()).revision], [2, 1]);
    assert.ok((await rig.reconciler.setModel(model([]), { cause: null, force: true })).accepted);
    assert.equal(rig.plane.table.size, 0);
  });

  it('looks at the table before it takes over a service that may be there already', async () => {
    const rig = await started(model([mail]));
    rig.plane.externalService(shop, [server('10.9.9.9:80')]);
    rig.plane.carry(SHOP, serverKeyOf('10.9.9.9:80'), 1);
    await rig.reconciler.setModel(both, { cause: null });
    assert.deepEqual(rig.plane.dumps[0], new Set([SHOP]));
    assert.equal(rig.plane.server(SHOP, serverKeyOf('10.9.9.9:80'))?.weight, 0);
  });

  it('deletes at once what came into the file and left it again, though it was there before', async () => {
    const rig = controllerRig(both);
    const added = serverKeyOf('10.9.9.9:80');
    rig.plane.externalService(shop, [server(added)]);
    rig.plane.carry(SHOP, added, 3);
    await rig.reconciler.start();
    const grown = service('shop', '192.0.2.10:80', [A, B, added]);
    await rig.reconciler.setModel(model([grown, mail]), { cause: null });
    assert.equal(rig.plane.server(SHOP, added)?.weight, 1);
    await rig.reconciler.setModel(both, { cause: null });
    assert.equal(rig.plane.server(SHOP, added), undefined);
  });

  it('goes over to the new resync interval at once', async () => {
    const rig = await started();
    await rig.reconciler.setModel(model([shop, mail], { resyncMs: 1000 }), { cause: null });
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(rig.plane.dumps, [null]);
  });

  it('dumps the table anew before it deletes much', async () => {
    const many = Array.from({ length: 9 }, (_, index) => `10.0.1.${index}:80`);
    const rig = await started(model([service('shop', '192.0.2.10:80', many)]));
    for (const address of many.slice(1))
      rig.reconciler.setVerdict(SHOP, serverKeyOf(address), verdict('down'));
    rig.plane.externalDelete(SHOP, serverKeyOf(many[8]!));
    await settle();
    assert.deepEqual(rig.plane.dumps, [null]);
    assert.equal(rig.plane.journal.length, 7);
  });

  it('does not take a service for a leftover that was accepted while a resync looked', async () => {
    const rig = controllerRig(model([shop]));
    rig.plane.externalService(mail, mail.servers);
    await rig.reconciler.start();
    forget(rig);
    const release = rig.plane.hold();
    await rig.clock.advanceAsync(30_000);
    const accepting = rig.reconciler.setModel(both, { cause: null });
    release();
    await accepting;
    assert.deepEqual(journal(rig), []);
  });

  it('announces services that are served as nat, once', async () => {
    const dr = service('shop', '192.0.2.10:80', [server(A, { forwarding: 'dr' })], { fallback: 'proxy' });
    const rig = controllerRig(model([dr]), 'proxy');
    await rig.reconciler.start();
    await rig.reconciler.setModel(model([dr]), { cause: null });
    assert.equal(rig.story().filter(({ type }) => type === 'served-as-nat').length, 1);
    const { ready, services } = await rig.reconciler.status();
    assert.equal(ready.ok, true);
    assert.match(ready.reasons[0] ?? '', /^shop: forwarding dr is served as nat/);
    assert.match(services[0]?.servedAsNat ?? '', /fallback: proxy/);
  });
});

describe('Reconciler and failures', () => {
  it('retries a failed service with growing delays and tells once', async () => {
    const rig = await started();
    rig.plane.failStep = failAdding('ENOMEM');
    const grown = service('shop', '192.0.2.10:80', ['10.0.0.4:80']);
    const result = await rig.reconciler.setModel(model([grown, mail]), { cause: null });
    assert.ok(result.accepted && result.failures.length === 1);
    assert.deepEqual([...(rig.plane.table.get(SHOP)?.servers.keys() ?? [])], [A, B]);
    for (const delayMs of [1000, 2000, 4000]) {
      rig.plane.batches.length = 0;
      await rig.clock.advanceAsync(delayMs - 1);
      assert.equal(rig.plane.batches.length, 0);
      await rig.clock.advanceAsync(1);
      assert.equal(rig.plane.batches.length, 1);
    }
    assert.equal(rig.story().filter(({ type }) => type === 'service-error').length, 1);
    rig.plane.failStep = () => null;
    await rig.clock.advanceAsync(8000);
    assert.deepEqual([...(rig.plane.table.get(SHOP)?.servers.keys() ?? [])], ['10.0.0.4:80']);
    assert.deepEqual(told(rig, 1), [['service-recovered', 'shop', null]]);
  });

  it('is not ready while a step fails, and says which', async () => {
    const rig = controllerRig(both);
    rig.plane.failStep = (step) => (step.service.name === 'shop' ? 'EIO' : null);
    await rig.reconciler.start();
    const { ready, services } = await rig.reconciler.status();
    assert.deepEqual(ready, {
      ok: false,
      reasons: ['shop: create service tcp:192.0.2.10:80: EIO, tried 1 time'],
    });
    assert.deepEqual(
      services.map(({ health }) => health),
      ['error', 'ok'],
    );
  });

  it('looks again at a service whose step failed, and only at that', async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    rig.plane.failStep = () => null;
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(rig.plane.dumps, [new Set([SHOP])]);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 5);
  });

  it('does not take what it failed to change for the work of others', async () => {
    const rig = await started(model([shop, mail], { resyncMs: 500 }));
    rig.plane.failStep = () => 'EIO';
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    await rig.clock.advanceAsync(500);
    assert.ok(!rig.story().some(({ type }) => type === 'drift-found'));
  });

  it('is sure of a service again once it has looked', async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    rig.plane.failStep = () => null;
    await rig.clock.advanceAsync(1000);
    await rig.reconciler.setWeight(SHOP, A, 6, 'uid 0');
    assert.equal(rig.plane.dumps.length, 1);
  });

  it('keeps what it could not plan until the table can be read again', async () => {
    const rig = await started();
    rig.plane.failObserve = 'ENOBUFS';
    await rig.clock.advanceAsync(30_000);
    assert.deepEqual((await rig.reconciler.status()).ready, {
      ok: false,
      reasons: ['read the table: ENOBUFS'],
    });
    rig.plane.failObserve = null;
    await rig.clock.advanceAsync(1000);
    assert.equal((await rig.reconciler.status()).ready.ok, true);
  });

  it('does not lose a reload that came while the table could not be read', async () => {
    const rig = await started(model([mail]));
    rig.plane.failObserve = 'ENOBUFS';
    const result = await rig.reconciler.setModel(both, { cause: null });
    assert.ok(result.accepted);
    assert.equal(result.failures[0]?.code, 'ERR_TABLE_UNREADABLE');
    rig.plane.failObserve = null;
    await rig.clock.advanceAsync(1000);
    assert.ok(rig.plane.table.has(SHOP));
    assert.ok(!rig.story().some(({ type }) => type === 'drift-found'));
  });

  it('knows the cause of a verdict that it could not plan at first', async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    await rig.reconciler.setWeight(SHOP, B, 5, 'uid 0');
    rig.plane.failStep = () => null;
    rig.plane.failObserve = 'ENOBUFS';
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    rig.plane.failObserve = null;
    await rig.clock.advanceAsync(1000);
    const down = rig.story().find(({ type }) => type === 'server-down');
    assert.equal(rig.story().find(({ type }) => type === 'server-removed')?.cause, down?.seq);
  });
});

describe('Reconciler and what others change', () => {
  const withPolicy = (drift: 'repair' | 'alert' | 'ignore') => model([{ ...shop, drift }, mail]);

  it('repairs drift at the next resync and names it', async () => {
    const rig = await started();
    rig.plane.externalServer(SHOP, { key: A, weight: 9 });
    await rig.clock.advanceAsync(29_999);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 9);
    await rig.clock.advanceAsync(1);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 1);
    const [found, changed] = rig.story().slice(-2);
    assert.deepEqual(
      [found?.type, changed?.type, changed?.cause],
      ['drift-found', 'server-changed', found?.seq],
    );
  });

  it('repairs drift within the interval although reloads come more often than that', async () => {
    const rig = await started();
    rig.plane.externalServer(SHOP, { key: A, weight: 9 });
    for (let reloads = 0; reloads < 3; reloads++) {
      await rig.clock.advanceAsync(10_000);
      await rig.reconciler.setModel(both, { cause: null });
    }
    assert.equal(rig.plane.server(SHOP, A)?.weight, 1);
  });

  it('names the first steps of a drift of many, and counts the rest', async () => {
    const servers = Array.from({ length: 200 }, (_, index) => `10.0.1.${index}:80`);
    const rig = await started(model([service('shop', '192.0.2.10:80', servers, { drift: 'alert' })]));
    for (const address of servers) rig.plane.externalDelete(SHOP, serverKeyOf(address));
    await rig.clock.advanceAsync(30_000);
    const found = rig.story().find(({ type }) => type === 'drift-found');
    assert.match(found?.message ?? '', /10\.0\.1\.9:80.*; and 190 more$/);
  });

  it('tells of drift once and leaves it, with `drift: alert`', async () => {
    const rig = await started(withPolicy('alert'));
    rig.plane.externalServer(SHOP, { key: A, weight: 9 });
    await rig.clock.advanceAsync(90_000);
    rig.reconciler.setVerdict(SHOP, B, verdict('down'));
    await settle();
    assert.equal(rig.plane.server(SHOP, A)?.weight, 9);
    assert.equal(rig.plane.server(SHOP, B), undefined);
    assert.equal(rig.story().filter(({ type }) => type === 'drift-found').length, 1);
    assert.match((await rig.reconciler.status()).services[0]?.reason ?? '', /weight 9 -> 1/);
    rig.plane.externalServer(SHOP, { key: A, weight: 1 });
    await rig.clock.advanceAsync(30_000);
    assert.doesNotMatch((await rig.reconciler.status()).services[0]?.reason ?? '', /somebody else/);
  });

  it('leaves drift without a word, with `drift: ignore`', async () => {
    const rig = await started(withPolicy('ignore'));
    rig.plane.externalServer(SHOP, { key: A, weight: 9 });
    await rig.clock.advanceAsync(90_000);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 9);
    assert.equal(rig.story().length, 2);
    assert.equal((await rig.reconciler.status()).services[0]?.health, 'ok');
  });

  it('stops repairing what comes back for the sixth time in ten minutes, until the next reload', async () => {
    const rig = await started();
    for (let turn = 1; turn <= 6; turn++) {
      rig.plane.externalServer(SHOP, { key: A, weight: 10 + turn });
      await rig.clock.advanceAsync(30_000);
      assert.equal(rig.plane.server(SHOP, A)?.weight, turn <= 5 ? 1 : 16);
    }
    assert.match(rig.story().at(-1)?.message ?? '', /^repair stopped/);
    await rig.clock.advanceAsync(600_000);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 16);
    assert.equal(rig.story().at(-1)?.type, 'repair-stopped', 'told once, and not that it is being repaired');
    const { services, ready } = await rig.reconciler.status();
    assert.equal(services[0]?.health, 'degraded');
    assert.equal(ready.ok, false);
    assert.match(ready.reasons.join(), /^shop: repair stopped/);
    await rig.reconciler.setModel(both, { cause: null });
    assert.equal(rig.reconciler.readiness().ok, true);
    await rig.clock.advanceAsync(30_000);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 1);
  });

  it('leaves another drift of a service that it has stopped repairing too, and says so', async () => {
    const rig = await started();
    for (let turn = 1; turn <= 6; turn++) {
      rig.plane.externalServer(SHOP, { key: A, weight: 10 + turn });
      await rig.clock.advanceAsync(30_000);
    }
    rig.plane.externalServer(SHOP, { key: B, weight: 7 });
    await rig.clock.advanceAsync(30_000);
    assert.equal(rig.plane.server(SHOP, B)?.weight, 7);
    const last = rig.story().at(-1);
    assert.equal(last?.type, 'repair-stopped');
    assert.match(last.message, /weight 7 -> 1/);
    rig.plane.externalServer(SHOP, { key: A, weight: 1 });
    rig.plane.externalServer(SHOP, { key: B, weight: 1 });
    await rig.clock.advanceAsync(30_000);
    assert.equal(rig.reconciler.readiness().ok, true, 'the other put it right');
  });

  it('goes on repairing what comes back slowly', async () => {
    const rig = await started();
    for (let turn = 1; turn <= 8; turn++) {
      rig.plane.externalServer(SHOP, { key: A, weight: 9 });
      await rig.clock.advanceAsync(150_000);
      assert.equal(rig.plane.server(SHOP, A)?.weight, 1);
    }
  });
});

describe('Reconciler.readiness', () => {
  it('is known without looking at the table', async () => {
    const rig = controllerRig(both);
    assert.equal(rig.reconciler.readiness().ok, false);
    await rig.reconciler.start();
    forget(rig);
    assert.deepEqual(rig.reconciler.readiness(), { ok: true, reasons: [] });
    rig.plane.failObserve = 'ENOBUFS';
    await rig.clock.advanceAsync(30_000);
    rig.plane.dumps.length = 0;
    assert.deepEqual(rig.reconciler.readiness().reasons, ['read the fake table: ENOBUFS']);
    assert.deepEqual(rig.plane.dumps, []);
  });
});

describe('Reconciler.preview', () => {
  it('lists the very steps that the reload then runs, and changes nothing', async () => {
    const rig = await started();
    rig.plane.carry(SHOP, A, 4);
    const next = model([service('shop', '192.0.2.10:80', [B], { settings: { scheduler: 'rr' } }), mail]);
    const preview = await rig.reconciler.preview(next);
    assert.deepEqual(preview.steps.map(formatStep), [
      'shop: edit service (scheduler wlc -> rr)',
      'shop: delete server 10.0.0.1:80 (nat, weight 1; 4 live connections)',
    ]);
    assert.deepEqual([preview.refusedWithoutForce, rig.plane.batches], [null, []]);
    const { steps } = (await rig.reconciler.setModel(next, { cause: null })) as { steps?: unknown };
    assert.deepEqual(steps, preview.steps);
    assert.deepEqual(rig.plane.journal, preview.steps);
  });

  it('lists what others changed since the last look, and the reload then undoes that too', async () => {
    const rig = await started();
    rig.plane.externalServer(SHOP, { key: B, weight: 9 });
    const next = model([shop, service('mail', '192.0.2.11:25', [server(C, { weight: 3 })])]);
    const preview = await rig.reconciler.preview(next);
    assert.deepEqual(preview.steps.map(formatStep), [
      'shop: edit server 10.0.0.2:80 (weight 9 -> 1)',
      'mail: edit server 10.0.0.3:25 (weight 1 -> 3)',
    ]);
    await rig.reconciler.setModel(next, { cause: null });
    assert.deepEqual(rig.plane.journal, preview.steps);
  });

  it("tells the shrink guard's objection", async () => {
    const rig = await started();
    assert.match((await rig.reconciler.preview(model([]))).refusedWithoutForce ?? '', /lvsd reload --force/);
  });

  it('works without a start, on a table that nobody keeps', async () => {
    const rig = controllerRig(both);
    assert.equal((await rig.reconciler.preview(both)).steps.length, 5);
  });
});

describe('Reconciler.status', () => {
  it('makes one dump for many who ask at once, and none for those who ask soon after', async () => {
    const rig = await started();
    await Promise.all(Array.from({ length: 20 }, () => rig.reconciler.status()));
    rig.clock.advance(100);
    await rig.reconciler.status();
    assert.equal(rig.plane.dumps.length, 1);
    rig.clock.advance(1);
    await rig.reconciler.status();
    assert.equal(rig.plane.dumps.length, 2);
  });

  it('shows a change at once, however young the last dump is', async () => {
    const rig = await started();
    const early = rig.reconciler.status();
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    await early;
    assert.equal((await rig.reconciler.status()).services[0]?.servers[0]?.weight, 5);
  });

  it('is not ready before the start', async () => {
    const { reconciler } = controllerRig(both);
    assert.deepEqual((await reconciler.status()).ready, {
      ok: false,
      reasons: ['the table is not programmed yet'],
    });
  });

  it('tells the last plan that did something', async () => {
    const rig = await started();
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    const { atMs } = (await rig.reconciler.status()).lastPlan ?? {};
    await rig.clock.advanceAsync(60_000);
    const { lastPlan, revision } = await rig.reconciler.status();
    assert.deepEqual(lastPlan, { atMs, trigger: 'verdict', steps: 1, failed: 0, durationMs: 0 });
    assert.equal(revision, 2);
  });
});

describe('Reconciler.close', () => {
  it('waits for the running round, leaves no timer, and leaves plane and table alone', async () => {
    const rig = await started();
    const release = rig.plane.hold();
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    rig.reconciler.setVerdict(SHOP, B, verdict('down'));
    let closed = false;
    const closing = rig.reconciler.close().then(() => (closed = true));
    await settle();
    assert.equal(closed, false);
    release();
    await closing;
    await rig.reconciler.close();
    assert.deepEqual([...(rig.plane.table.get(SHOP)?.servers.keys() ?? [])], [B]);
    assert.deepEqual([rig.clock.pending, rig.plane.closes], [0, 0]);
  });

  it('answers later changes with the reason why nothing was done', async () => {
    const rig = await started();
    await rig.reconciler.close();
    const result = await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    assert.equal(result?.failures[0]?.code, 'ERR_RECONCILER_CLOSED');
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    assert.deepEqual(journal(rig), []);
  });
});

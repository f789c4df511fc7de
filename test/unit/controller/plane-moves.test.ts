import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPlan } from '../../../src/controller/apply.js';
import { computeDesired } from '../../../src/controller/desired.js';
import { formatStep } from '../../../src/controller/describe-step.js';
import { observeApplied } from '../../../src/controller/observe-applied.js';
import {
  explainFamilyChanges,
  explainMoves,
  familyChanges,
  planeMoves,
} from '../../../src/controller/plane-moves.js';
import { computePlan, recountSteps } from '../../../src/controller/plan.js';
import { CompositeDataplane } from '../../../src/dataplane/composite/composite-dataplane.js';
import type { Step } from '../../../src/dataplane/types.js';
import { serviceKey } from '../../../src/model/keys.js';
import type { ServicePlane, VirtualService } from '../../../src/model/virtual-service.js';
import { controllerRig } from '../../support/controller.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { keyOf, model, NO_FACTS, serverKeyOf, service } from '../../support/models.js';

const VIP = '192.0.2.10:80';
const SERVERS = ['10.0.0.1:80', '10.0.0.2:80'];

function shopOn(plane: ServicePlane): VirtualService {
  return service('shop', VIP, SERVERS, { plane });
}

interface World {
  readonly kernel: FakeDataplane;
  readonly proxy: FakeDataplane;
  readonly composite: CompositeDataplane;
}

/** Two planes, of which one has the shop with 3 connections on its first server. */
function shopStandsOn(plane: ServicePlane): World {
  const planes = { kernel: new FakeDataplane('kernel'), proxy: new FakeDataplane('proxy') };
  const shop = shopOn(plane);
  planes[plane].externalService(shop, shop.servers);
  planes[plane].carry(shop.key, serverKeyOf('10.0.0.1:80'), 2, 1);
  return { ...planes, composite: new CompositeDataplane(planes) };
}

async function planTo(wanted: VirtualService, { composite }: World): Promise<readonly Step[]> {
  const services = new Map([[wanted.key, wanted]]);
  return computePlan({
    desired: computeDesired({
      ...NO_FACTS,
      services,
      plane: composite.kind,
    }),
    observed: await composite.observe(),
    owned: new Map([[wanted.key, wanted.name]]),
    unmanaged: 'keep',
    leaving: new Map(),
  });
}

describe('a service that moves to another plane', () => {
  for (const [from, to] of [
    ['kernel', 'proxy'],
    ['proxy', 'kernel'],
  ] as const) {
    it(`leaves the ${from} plane before it is made on the ${to} plane`, async () => {
      const steps = await planTo(shopOn(to), shopStandsOn(from));
      assert.deepEqual(
        steps.map((step) => `${step.phase} ${step.service.plane} ${formatStep(step)}`),
        [
          `1 ${from} shop: delete service (192.0.2.10:80, wlc, leaves the ${from} plane: drops 3 connections)`,
          `1 ${to} shop: create service (192.0.2.10:80, wlc)`,
          `2 ${to} shop: add server 10.0.0.1:80 (nat, weight 1)`,
          `2 ${to} shop: add server 10.0.0.2:80 (nat, weight 1)`,
        ],
      );
    });

    it(`stands on the ${to} plane alone afterwards, and is as wanted`, async () => {
      const world = shopStandsOn(from);
      const outcome = await applyPlan(world.composite, await planTo(shopOn(to), world));
      assert.deepEqual([outcome.failed, outcome.skipped, outcome.applied.length], [[], [], 4]);
      assert.deepEqual([...world[from].table.keys()], []);
      assert.equal(world[to].table.get(keyOf(VIP))?.servers.size, 2);
      assert.deepEqual(await planTo(shopOn(to), world), []);
    });
  }

  it('is believed to stand on the new plane', async () => {
    const world = shopStandsOn('kernel');
    const steps = await planTo(shopOn('proxy'), world);
    const before = (await world.composite.observe()).get(keyOf(VIP));
    const after = observeApplied(before, steps);
    assert.equal(after?.plane, 'proxy');
    assert.equal(after.servers.size, 2);
    assert.equal(after.counters.connections, 0);
  });

  it('has its connections counted anew when the plan is shown later', async () => {
    const world = shopStandsOn('kernel');
    const steps = await planTo(shopOn('proxy'), world);
    world.kernel.carry(keyOf(VIP), serverKeyOf('10.0.0.2:80'), 4);
    const [first] = recountSteps(steps, await world.composite.observe());
    assert.match(first === undefined ? '' : formatStep(first), /drops 7 connections/);
  });

  it('keeps what it has when the old plane does not let it go', async () => {
    const world = shopStandsOn('kernel');
    world.kernel.failStep = (step) => (step.kind === 'delete-service' ? 'EPERM' : null);
    const outcome = await applyPlan(world.composite, await planTo(shopOn('proxy'), world));
    assert.deepEqual(
      outcome.failed.map(({ message }) => message),
      [
        'delete service tcp:192.0.2.10:80: EPERM',
        'create service tcp:192.0.2.10:80: the service could not leave its plane: ' +
          'delete service tcp:192.0.2.10:80: EPERM',
      ],
    );
    assert.equal(outcome.skipped.length, 2);
    assert.equal(world.kernel.table.get(keyOf(VIP))?.servers.size, 2);
    assert.equal(world.proxy.table.size, 0);
  });

  it('does not move where the director has one plane', async () => {
    const plane = new FakeDataplane();
    const shop = shopOn('kernel');
    plane.externalService(shop, shop.servers);
    const inputs = { ...NO_FACTS, plane: plane.kind };
    const wanted = shopOn('proxy');
    const steps = computePlan({
      desired: computeDesired({ ...inputs, services: new Map([[wanted.key, wanted]]) }),
      observed: await plane.observe(),
      owned: new Map(),
      unmanaged: 'keep',
      leaving: new Map(),
    });
    assert.deepEqual(steps, []);
  });
});

describe('a file that moves a service', () => {
  const files = { before: model([shopOn('kernel')]), after: model([shopOn('proxy')]) };

  it('is refused without force where there are two planes, with what speaks against it', async () => {
    const { reconciler, plane } = controllerRig(files.before, 'composite');
    await reconciler.start();
    const refusal =
      'the file moves 1 service: shop from the kernel to the proxy plane; that drops their connections\n' +
      'if this is meant: lvsd reload --force';
    assert.deepEqual(await reconciler.setModel(files.after, { cause: null }), { accepted: false, refusal });
    assert.equal((await reconciler.preview(files.after)).refusedWithoutForce, refusal);
    assert.equal(plane.batches.length, 2);
    assert.ok((await reconciler.setModel(files.after, { cause: null, force: true })).accepted);
    await reconciler.close();
  });

  it('may pass where there is one plane', async () => {
    const { reconciler } = controllerRig(files.before);
    await reconciler.start();
    assert.ok((await reconciler.setModel(files.after, { cause: null })).accepted);
    await reconciler.close();
  });

  it('is told what shrinks, too, and once what to do', async () => {
    const { reconciler } = controllerRig(files.before, 'composite');
    await reconciler.start();
    const servers = Array.from({ length: 5 }, (_, index) => `10.0.1.${index + 1}:80`);
    const large = service('shop', VIP, servers, { plane: 'kernel' });
    await reconciler.setModel(model([large]), { cause: null });
    const lines = reconciler.objection(files.after)?.split('\n') ?? [];
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^the file moves 1 service/);
    assert.match(lines[1] ?? '', /^the file removes 5 of 5 servers of shop/);
    assert.equal(lines[2], 'if this is meant: lvsd reload --force');
    await reconciler.close();
  });
});

describe('planeMoves', () => {
  const mail = service('mail', '192.0.2.11:25', []);

  it('finds the services whose plane differs, and no new or removed one', () => {
    const before = [shopOn('kernel'), mail];
    const after = [service('fresh', '192.0.2.12:80', [], { plane: 'proxy' }), shopOn('proxy')];
    assert.deepEqual(planeMoves(before, after), [{ service: 'shop', from: 'kernel', to: 'proxy' }]);
    assert.deepEqual(planeMoves(before, before), []);
  });

  it('has nothing to say of no moves', () => assert.equal(explainMoves([]), null));

  it('names the services', () => {
    assert.equal(
      explainMoves(planeMoves([shopOn('kernel')], [shopOn('proxy')])),
      'the file moves 1 service: shop from the kernel to the proxy plane; that drops their connections',
    );
  });

  it('names five at most and counts the rest', () => {
    const moves = Array.from({ length: 7 }, (_, index) => ({
      service: `s${index}`,
      from: 'proxy' as const,
      to: 'kernel' as const,
    }));
    const text = explainMoves(moves) ?? '';
    assert.match(
      text,
      /^the file moves 7 services: s0 from .*, s4 from the proxy to the kernel plane and 2 more;/,
    );
  });
});

/** Known by its name whatever its addresses are. */
function callsOf(family: 4 | 6, plane: ServicePlane = 'kernel'): VirtualService {
  const rules = [
    {
      family,
      address: family === 4 ? '192.0.2.20' : '2001:db8::20',
      protocol: 'tcp',
      firstPort: 1,
      lastPort: 9,
    },
  ] as const;
  const address = { kind: 'match', family, protocol: 'tcp', rules } as const;
  return { ...service('calls', VIP, [], { plane }), address, key: serviceKey(address, 'calls') };
}

describe('a file that changes the family of a match service', () => {
  const files = { before: model([callsOf(4)]), after: model([callsOf(6)]) };

  it('is refused without force on the kernel plane, with what speaks against it', async () => {
    for (const kind of ['kernel', 'composite'] as const) {
      const { reconciler, plane } = controllerRig(files.before, kind);
      await reconciler.start();
      const batches = plane.batches.length;
      const refusal =
        'the file changes the address family of 1 match service: calls from IPv4 to IPv6; that drops their connections\n' +
        'if this is meant: lvsd reload --force';
      assert.deepEqual(await reconciler.setModel(files.after, { cause: null }), { accepted: false, refusal });
      assert.equal((await reconciler.preview(files.after)).refusedWithoutForce, refusal);
      assert.equal(plane.batches.length, batches, kind);
      assert.ok((await reconciler.setModel(files.after, { cause: null, force: true })).accepted);
      await reconciler.close();
    }
  });

  it('may pass on the userspace plane, where connections live on', async () => {
    const { reconciler } = controllerRig(files.before, 'proxy');
    await reconciler.start();
    assert.ok((await reconciler.setModel(files.after, { cause: null })).accepted);
    await reconciler.close();
  });
});

describe('familyChanges', () => {
  it('finds match services of the kernel whose family differs, and nothing else', () => {
    assert.deepEqual(familyChanges([callsOf(4)], [callsOf(6)]), [{ service: 'calls', from: 4, to: 6 }]);
    assert.deepEqual(familyChanges([callsOf(4)], [callsOf(4)]), []);
    assert.deepEqual(familyChanges([], [callsOf(6)]), []);
    assert.deepEqual(familyChanges([callsOf(4)], []), []);
    assert.deepEqual(familyChanges([callsOf(4)], [callsOf(6, 'proxy')]), [], 'a move, which is told as one');
    assert.deepEqual(familyChanges([callsOf(4, 'proxy')], [callsOf(6, 'proxy')]), []);
  });

  it('names five at most', () => {
    const changes = Array.from(
      { length: 6 },
      (_, index) => ({ service: `s${index}`, from: 4, to: 6 }) as const,
    );
    assert.match(
      explainFamilyChanges(changes) ?? '',
      /of 6 match services: s0 .*, s4 from IPv4 to IPv6 and 1 more;/,
    );
    assert.equal(explainFamilyChanges([]), null);
  });
});

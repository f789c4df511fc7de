/** Every event that follows from another says from which, also when something failed in between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventType } from '../../../src/model/event.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');
const shop = service('shop', '192.0.2.10:80', [A, B]);
const mail = service('mail', '192.0.2.11:25', ['10.0.0.3:25']);

async function started(): Promise<ControllerRig> {
  const rig = controllerRig(model([shop, mail]));
  await rig.reconciler.start();
  return rig;
}

/** The types of the events that led to the last one of a type, nearest first. */
function chain({ story }: ControllerRig, type: EventType): readonly EventType[] {
  const events = story();
  const types: EventType[] = [];
  let event = events.findLast((candidate) => candidate.type === type);
  while (event !== undefined) {
    types.push(event.type);
    const { cause } = event;
    event = events.find(({ seq }) => seq === cause);
  }
  return types;
}

describe('the cause of an event', () => {
  it("names the verdict or the operator's wish whose step fails", async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    assert.deepEqual(chain(rig, 'service-error'), ['service-error', 'weight-set']);
  });

  it('is remembered until a step that failed succeeds', async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await rig.clock.advanceAsync(1000);
    rig.plane.failStep = () => null;
    await rig.clock.advanceAsync(2000);
    assert.deepEqual(chain(rig, 'server-removed'), ['server-removed', 'server-down']);
  });

  it('is remembered when another change of the service comes first', async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    rig.plane.failStep = () => null;
    await rig.reconciler.setWeight(SHOP, B, 5, 'uid 0');
    assert.deepEqual(chain(rig, 'server-removed'), ['server-removed', 'server-down']);
    assert.deepEqual(chain(rig, 'server-changed'), ['server-changed', 'weight-set']);
  });

  it('is remembered when another change comes while the step is failing', async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    const release = rig.plane.hold();
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    const weighed = rig.reconciler.setWeight(SHOP, B, 5, 'uid 0');
    rig.plane.onStep = () => assert.fail('nothing succeeds yet');
    release();
    await weighed;
    rig.plane.failStep = () => null;
    rig.plane.onStep = () => undefined;
    await rig.clock.advanceAsync(2000);
    assert.deepEqual(chain(rig, 'server-removed'), ['server-removed', 'server-down']);
    assert.deepEqual(chain(rig, 'server-changed'), ['server-changed', 'weight-set']);
  });

  it('does not outlive its success', async () => {
    const rig = await started();
    rig.plane.failStep = () => 'EIO';
    await rig.reconciler.setWeight(SHOP, A, 5, 'uid 0');
    rig.plane.failStep = () => null;
    await rig.clock.advanceAsync(30_000);
    rig.plane.externalServer(SHOP, { key: A, weight: 9 });
    await rig.clock.advanceAsync(30_000);
    assert.deepEqual(chain(rig, 'server-changed'), ['server-changed', 'drift-found']);
  });

  it('is the reload where one makes a service served as nat', async () => {
    const rig = controllerRig(model([mail]), 'proxy');
    await rig.reconciler.start();
    const dr = service('shop', '192.0.2.10:80', [server(A, { forwarding: 'dr' })], { fallback: 'proxy' });
    const cause = rig.events.append({ type: 'config-loaded', message: '' });
    await rig.reconciler.setModel(model([dr, mail]), { cause });
    assert.deepEqual(chain(rig, 'served-as-nat'), ['served-as-nat', 'config-loaded']);
  });
});

describe('a failing service that leaves the file', () => {
  it('is told to be removed, not to have recovered', async () => {
    const rig = await started();
    rig.plane.failStep = ({ service: { name } }) => (name === 'mail' ? 'EIO' : null);
    rig.reconciler.setVerdict(mail.key, serverKeyOf('10.0.0.3:25'), verdict('down'));
    await settle();
    rig.plane.failStep = () => null;
    await rig.reconciler.setModel(model([shop]), { cause: null });
    assert.deepEqual(
      rig
        .story()
        .slice(-2)
        .map(({ type, service: name }) => [type, name]),
      [
        ['service-error', 'mail'],
        ['service-removed', 'mail'],
      ],
    );
    assert.equal((await rig.reconciler.status()).ready.ok, true);
  });
});

describe('a round that meets a fault of lvsd itself', () => {
  it('loses no change: the next round plans it', async () => {
    const rig = await started();
    const [member] = mail.servers;
    assert.ok(member);
    const weigh = (weight: number) => rig.reconciler.setWeight(mail.key, member.key, weight, 'uid 0');
    rig.plane.failStep = () => 'EIO';
    await weigh(5);
    rig.plane.failStep = () => null;
    rig.plane.observe = () => Promise.resolve(null as never);
    rig.reconciler.setVerdict(SHOP, A, verdict('down'));
    await assert.rejects(weigh(6), TypeError);
    Reflect.deleteProperty(rig.plane, 'observe');
    await weigh(7);
    assert.deepEqual([...(rig.plane.table.get(SHOP)?.servers.keys() ?? [])], [B]);
  });
});

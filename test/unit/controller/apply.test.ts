import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPlan } from '../../../src/controller/apply.js';
import { formatStep } from '../../../src/controller/describe-step.js';
import { StepError, type Dataplane, type Phase, type Step } from '../../../src/dataplane/types.js';
import type { TableService } from '../../../src/model/desired-state.js';
import { FakeAddressTable } from '../../support/fake-address-table.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { server, tableService } from '../../support/models.js';

const shop = tableService('shop', '192.0.2.10:80');
const mail = tableService('mail', '192.0.2.11:25');

function steps(subject: TableService): readonly Step[] {
  return [
    { kind: 'create-service', phase: 1, service: subject },
    { kind: 'add-server', phase: 2, service: subject, server: server('10.0.0.1:80') },
    { kind: 'delete-server', phase: 3, service: subject, server: server('10.0.0.2:80'), liveConnections: 0 },
  ];
}

function byPhase(...lists: (readonly Step[])[]): readonly Step[] {
  return lists.flat().sort((a, b) => a.phase - b.phase);
}

describe('applyPlan', () => {
  it('runs one batch a phase over all services', async () => {
    const plane = new FakeDataplane();
    const plan = byPhase(steps(shop), steps(mail));
    const { applied, failed, skipped } = await applyPlan(plane, plan);
    assert.deepEqual(
      plane.batches.map((batch) => batch.map(({ phase, service: { name } }) => [phase, name])),
      [1, 2, 3].map((phase) => [
        [phase as Phase, 'shop'],
        [phase as Phase, 'mail'],
      ]),
    );
    assert.deepEqual([applied, failed, skipped], [plan, [], []]);
  });

  it('runs nothing for an empty plan', async () => {
    const plane = new FakeDataplane();
    await applyPlan(plane, []);
    assert.deepEqual(plane.batches, []);
  });

  it('keeps the old servers of a service whose step failed, and goes on with the others', async () => {
    const plane = new FakeDataplane();
    plane.failStep = (step) => (step.kind === 'add-server' && step.service.name === 'shop' ? 'ENOMEM' : null);
    const outcome = await applyPlan(plane, byPhase(steps(shop), steps(mail)));
    assert.deepEqual(
      outcome.applied.map(({ kind, service: { name } }) => `${name} ${kind}`),
      ['shop create-service', 'mail create-service', 'mail add-server', 'mail delete-server'],
    );
    assert.deepEqual(outcome.skipped.map(formatStep), ['shop: delete server 10.0.0.2:80 (nat, weight 1)']);
    assert.deepEqual([...outcome.failedServices.keys()], [shop.key]);
    assert.match(outcome.failed[0]?.message ?? '', /ENOMEM/);
  });

  it('runs the rest of a phase of a service though one of its steps failed', async () => {
    const plane = new FakeDataplane();
    plane.failStep = (step) => ('server' in step && step.server.port === 81 ? 'EINVAL' : null);
    const plan: Step[] = [81, 82].map((port) => ({
      kind: 'add-server',
      phase: 2,
      service: shop,
      server: server(`10.0.0.1:${port}`),
    }));
    plane.externalService(shop);
    const { applied, failed } = await applyPlan(plane, plan);
    assert.deepEqual([applied.length, failed.length], [1, 1]);
  });

  it('fails each step of a batch that the plane rejects as a whole', async () => {
    const cause = new Error('socket closed');
    const plane = { apply: () => Promise.reject(cause) } as unknown as Dataplane;
    const { failed } = await applyPlan(plane, steps(shop).slice(0, 1));
    assert.ok(failed[0] instanceof StepError);
    assert.equal(failed[0].message, 'create service tcp:192.0.2.10:80: socket closed');
    assert.equal(failed[0].cause, cause);
  });

  it('fails a step that the plane forgot to answer', async () => {
    const plane = { apply: () => Promise.resolve([]) } as unknown as Dataplane;
    const { applied, failed } = await applyPlan(plane, steps(shop).slice(0, 2));
    assert.deepEqual([applied.length, failed.length], [0, 1]);
  });
});

describe('applyPlan with addresses', () => {
  const vip = { family: 4, address: '192.0.2.10', interface: 'eth0' } as const;
  const add = { kind: 'add-address', phase: 5, service: shop, vip, sharing: [] } as const;
  const removeFirst = { kind: 'delete-address', phase: 0, service: mail, vip } as const;

  it('fails the steps when there is no table of addresses, or when it rejects', async () => {
    const without = await applyPlan(new FakeDataplane(), [add]);
    assert.match(
      without.failed[0]?.message ?? '',
      /^add address 192\.0\.2\.10 on eth0: the table of addresses/,
    );
    const addresses = new FakeAddressTable('eth0');
    addresses.apply = () => Promise.reject(new Error('closed'));
    const rejecting = await applyPlan(new FakeDataplane(), [add], addresses);
    assert.equal(rejecting.failed[0]?.message, 'add address 192.0.2.10 on eth0: closed');
    assert.equal(rejecting.failed[0].details.step, 'add-address');
  });

  it('runs them around the table', async () => {
    const [plane, addresses] = [new FakeDataplane(), new FakeAddressTable('eth0')];
    const order: string[] = [];
    plane.onStep = addresses.onStep = ({ kind }: { readonly kind: string }) => void order.push(kind);
    await applyPlan(plane, [removeFirst, ...steps(shop), add], addresses);
    assert.deepEqual(order, [
      'delete-address',
      'create-service',
      'add-server',
      'delete-server',
      'add-address',
    ]);
  });

  it('adds an address for the other services that share it when the first has failed', async () => {
    const plane = new FakeDataplane();
    plane.failStep = ({ kind }) => (kind === 'create-service' ? 'ENOMEM' : null);
    const addresses = new FakeAddressTable('eth0');
    const outcome = await applyPlan(plane, [...steps(shop), add], addresses);
    assert.ok(outcome.skipped.includes(add));
    const shared = { ...add, sharing: [mail.key] };
    const other = await applyPlan(plane, [...steps(shop), shared], addresses);
    assert.ok(other.applied.includes(shared));
    const bothFail = await applyPlan(
      plane,
      [...steps(shop), ...steps(mail), shared].sort((a, b) => a.phase - b.phase),
      addresses,
    );
    assert.ok(bothFail.skipped.includes(shared));
  });
});

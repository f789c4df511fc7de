/** Orders of an operator: what is meant, what speaks against it, how it ends, and what is told of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../../../../src/api/errors.js';
import type { HaOrderAnswer, HaOrderRequest } from '../../../../src/api/ha-protocol.js';
import { EventLog } from '../../../../src/controller/event-log.js';
import { orderInstances } from '../../../../src/daemon/vrrp/ha-operations.js';
import { HaSide } from '../../../../src/daemon/vrrp/ha-side.js';
import { ORDER_LIMIT_MS } from '../../../../src/ha/messages.js';
import type { VrrpState } from '../../../../src/model/vrrp-role.js';
import { FakeClock, settle } from '../../../support/fake-clock.js';
import { FakeHaHost, haSettings, vrrpRole } from '../../../support/fake-vrrp.js';
import { vrrpInstance } from '../../../support/vrrp-instance.js';

const PEER = { address: '10.0.0.2', priority: 100 };
const INSTANCES = [
  vrrpInstance({ name: 'vi_shop' }),
  vrrpInstance({ name: 'gate_in', vrid: 52, group: 'gates' }),
  vrrpInstance({ name: 'gate_out', vrid: 53, group: 'gates' }),
];

/** @param states of vi_shop, gate_in and gate_out */
async function started(...states: readonly VrrpState[]) {
  const clock = new FakeClock();
  const events = new EventLog(clock);
  const host = new FakeHaHost();
  const side = new HaSide({
    clock,
    random: () => 0,
    events,
    logger: { error: () => undefined, warn: () => undefined },
    host,
    programmed: () => true,
    tracks: { told: [], status: [] },
    onActive: () => undefined,
    sync: () => null,
    onRoles: () => undefined,
  });
  await side.follow(haSettings(INSTANCES));
  host.child.say({ kind: 'ready', shortcomings: [] });
  const roles = INSTANCES.map(({ name }, index) => {
    const state = states[index] ?? 'backup';
    const peer = state === 'active' ? null : PEER;
    return vrrpRole(name, state, { peer, reason: state === 'fault' ? 'interface eth0 is down' : 'x' });
  });
  host.child.say({ kind: 'roles', roles });
  const order = (request: Partial<HaOrderRequest>): Promise<HaOrderAnswer> =>
    orderInstances(side, { verb: 'release', force: true, ...request }, 'uid 1000');
  const orders = () => host.child.heard.flatMap((message) => (message.kind === 'order' ? [message] : []));
  return { clock, events, side, host, order, orders };
}

function refusedAs(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof ApiError && error.code === code && text.test(error.message);
}

describe('an order', () => {
  it('is refused for an instance that is not there, with the name that may be meant', async () => {
    const { order, orders } = await started('active');
    await assert.rejects(
      order({ instance: 'vi_shp' }),
      refusedAs('ERR_NO_SUCH_INSTANCE', /release vi_shp: .*did you mean vi_shop\?/),
    );
    assert.deepEqual(orders(), []);
  });

  it('is refused without force, with what is not known and what to do', async () => {
    const { order, orders } = await started('active');
    await assert.rejects(
      order({ instance: 'vi_shop', force: false }),
      refusedAs('ERR_HA_UNSURE', /nobody here can say .* then lvsd ha release --instance vi_shop --force$/),
    );
    assert.deepEqual(orders(), []);
  });

  const cases: readonly [verb: HaOrderRequest['verb'], state: VrrpState, reason: RegExp][] = [
    ['release', 'backup', /it is not active here, but backup; 10\.0\.0\.2 was heard to be active/],
    ['release', 'fault', /it is in fault: interface eth0 is down/],
    ['takeover', 'active', /it is active here already/],
    ['takeover', 'fault', /it is in fault: interface eth0 is down/],
    ['takeover', 'initialize', /it takes no part: x/],
  ];
  for (const [verb, state, reason] of cases) {
    it(`to ${verb} is refused for one that is in ${state}`, async () => {
      const { order, orders } = await started(state);
      await assert.rejects(order({ verb, instance: 'vi_shop' }), refusedAs('ERR_HA_REFUSED', reason));
      assert.deepEqual(orders(), []);
    });
  }

  it('is refused while lvsd-vrrp does not run', async () => {
    const { order, host } = await started('active');
    host.child.end('SIGKILL');
    await assert.rejects(
      order({ instance: 'vi_shop' }),
      refusedAs('ERR_HA_REFUSED', /release vi_shop: lvsd-vrrp does not run: it ended \(SIGKILL\)/),
    );
  });

  it('is given to lvsd-vrrp and answered with the gap that was measured', async () => {
    const { order, orders, host } = await started('active');
    const answer = order({ instance: 'vi_shop' });
    const [sent] = orders();
    assert.deepEqual(sent, { kind: 'order', id: 1, verb: 'release', instance: 'vi_shop' });
    host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'backup', { peer: PEER })] });
    host.child.say({ kind: 'order-end', id: 1, error: null, gapMs: 34 });
    assert.deepEqual(await answer, {
      verb: 'release',
      moves: [{ instances: ['vi_shop'], group: null, peer: '10.0.0.2', gapMs: 34, error: null }],
    });
  });

  it('says from whom it took over', async () => {
    const { order, host } = await started('backup');
    const answer = order({ verb: 'takeover', instance: 'vi_shop' });
    host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'active')] });
    host.child.say({ kind: 'order-end', id: 1, error: null, gapMs: 3 });
    assert.equal((await answer).moves[0]?.peer, '10.0.0.2');
  });

  it('without an instance is for all that can move so, a group once', async () => {
    const { order, orders, host } = await started('active', 'active', 'active');
    const answer = order({});
    assert.deepEqual(
      orders().map(({ instance }) => instance),
      ['vi_shop', 'gate_in'],
    );
    host.child.say({ kind: 'order-end', id: 2, error: 'nobody took over within 2000 ms', gapMs: null });
    host.child.say({ kind: 'order-end', id: 1, error: null, gapMs: 5 });
    const { moves } = await answer;
    assert.deepEqual(
      moves.map(({ instances, group, error }) => ({ instances, group, error })),
      [
        { instances: ['vi_shop'], group: null, error: null },
        { instances: ['gate_in', 'gate_out'], group: 'gates', error: 'nobody took over within 2000 ms' },
      ],
    );
  });

  it('without an instance is refused where none can move so', async () => {
    const { order } = await started('backup', 'backup', 'fault');
    await assert.rejects(order({}), refusedAs('ERR_HA_REFUSED', /release instances: none is active here/));
  });

  it('stands in the reason of the change with who asked, for all of the group, and no longer than it lasts', async () => {
    const { order, host, events } = await started('backup', 'active', 'active');
    const answer = order({ instance: 'gate_out' });
    const told = { kind: 'transition', from: 'active', to: 'backup', atMs: 0 } as const;
    host.child.say({ ...told, instance: 'gate_out', reason: 'the operator released it' });
    host.child.say({ ...told, instance: 'gate_in', reason: 'gate_out of its group left' });
    host.child.say({ kind: 'order-end', id: 1, error: null, gapMs: 5 });
    host.child.say({ ...told, instance: 'vi_shop', reason: 'x' });
    await answer;
    assert.deepEqual(
      events.since(0).events.map(({ message }) => message),
      [
        'gate_out: active to backup: the operator released it (uid 1000)',
        'gate_in: active to backup: gate_out of its group left (uid 1000)',
        'vi_shop: active to backup: x',
      ],
    );
  });

  it('ends when lvsd-vrrp does', async () => {
    const { order, host } = await started('active');
    const answer = order({ instance: 'vi_shop' });
    host.child.end('SIGKILL');
    assert.equal((await answer).moves[0]?.error, 'lvsd-vrrp ended: SIGKILL');
  });

  it('ends with the director', async () => {
    const { order, side } = await started('active');
    const answer = order({ instance: 'vi_shop' });
    await side.close();
    assert.equal((await answer).moves[0]?.error, 'lvsd stops');
  });

  it('that lvsd-vrrp never answers ends all the same, and its late answer is passed over', async () => {
    const { order, host, clock } = await started('active');
    const answer = order({ instance: 'vi_shop' });
    for (let passedMs = 0; passedMs <= ORDER_LIMIT_MS + 2000; passedMs += 1000) {
      // it lives: else it would be ended
      host.child.say({ kind: 'roles', roles: [] });
      clock.advance(1000);
    }
    await settle();
    assert.match((await answer).moves[0]?.error ?? '', /lvsd-vrrp has not answered within 62 s/);
    host.child.say({ kind: 'order-end', id: 1, error: null, gapMs: 1 });
  });
});

describe('what lvsd-vrrp tells beside roles', () => {
  it('of a line is an event when it falls silent and when it is heard again, once each', async () => {
    const { host, events, side } = await started('backup');
    const say = (state: 'heard' | 'silent' | 'unknown'): void => {
      const line = { interface: 'eth1', peer: '10.9.0.2', state, reason: 'x', sinceMs: 5 };
      host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'backup', { lines: [line] })] });
    };
    for (const state of ['unknown', 'heard', 'silent', 'silent', 'heard', 'heard'] as const) say(state);
    assert.deepEqual(
      events.since(0).events.map(({ type, instance, message }) => ({ type, instance, message })),
      [
        {
          type: 'line-silent',
          instance: 'vi_shop',
          message: 'vi_shop: line eth1 to 10.9.0.2: silent: x',
        },
        {
          type: 'line-heard',
          instance: 'vi_shop',
          message: 'vi_shop: line eth1 to 10.9.0.2: heard again: x',
        },
      ],
    );
    assert.equal(side.status?.instances[0]?.lines[0]?.state, 'heard');
  });

  it('of a silent line is not told again when lvsd-vrrp was started anew', async () => {
    const { host, events } = await started('backup');
    const say = (state: 'heard' | 'silent' | 'unknown'): void => {
      const line = { interface: 'eth1', peer: '10.9.0.2', state, reason: 'x', sinceMs: 5 };
      host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'backup', { lines: [line] })] });
    };
    for (const state of ['silent', 'unknown', 'silent', 'unknown', 'heard'] as const) say(state);
    assert.deepEqual(
      events.since(0).events.map(({ type }) => type),
      ['line-silent', 'line-heard'],
    );
  });

  it('of a split brain is in the status until it has ended', async () => {
    const { host, events, side } = await started('active');
    const said = { kind: 'split', instance: 'vi_shop', peer: PEER, atMs: 77 } as const;
    host.child.say({ ...said, phase: 'begun' });
    assert.deepEqual(side.status?.instances[0]?.split, { peer: PEER, sinceMs: 77 });
    host.child.say({ ...said, phase: 'ended' });
    assert.equal(side.status.instances[0].split, null);
    assert.deepEqual(
      events.since(0).events.map(({ type }) => type),
      ['split-brain', 'split-healed'],
    );
  });

  it('of a split brain is forgotten with lvsd-vrrp', async () => {
    const { host, side } = await started('active');
    host.child.say({ kind: 'split', instance: 'vi_shop', peer: PEER, atMs: 77, phase: 'begun' });
    host.child.end('SIGKILL');
    assert.equal(side.status?.instances[0]?.split, null);
  });
});

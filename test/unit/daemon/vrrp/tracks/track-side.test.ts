/** What the director watches for its instances: where it comes from, and who hears of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLog } from '../../../../../src/controller/event-log.js';
import { checkedKey, firstVerdictMs } from '../../../../../src/daemon/vrrp/tracks/check-track.js';
import { lookAtService } from '../../../../../src/daemon/vrrp/tracks/service-track.js';
import { TrackSide } from '../../../../../src/daemon/vrrp/tracks/track-side.js';
import type { ServiceKey } from '../../../../../src/model/keys.js';
import type { ServingMemory } from '../../../../../src/model/serving.js';
import type { CheckTrack, Track } from '../../../../../src/model/track.js';
import { FakeClock, settle } from '../../../../support/fake-clock.js';
import { FakeTrackHost } from '../../../../support/fake-track-host.js';
import { haSettings } from '../../../../support/fake-vrrp.js';
import { service } from '../../../../support/models.js';
import { tcpCheck } from '../../../../support/tcp-check.js';
import { vrrpInstance } from '../../../../support/vrrp-instance.js';

const shop = service('shop', '192.0.2.10:80', ['10.0.0.1:80']);

const serviceTrack: Track = { kind: 'service', instance: 'vi', name: 'shop', weight: -50 };
const processTrack: Track = { kind: 'process', instance: 'vi', name: 'nginx', weight: null };
const loadTrack: Track = {
  kind: 'host',
  instance: 'vi',
  name: 'load',
  weight: -10,
  limit: { of: 'load', above: 4 },
};
const checkTrack: CheckTrack = {
  kind: 'check',
  instance: 'vi',
  name: 'tomcat',
  weight: null,
  check: tcpCheck(),
  target: { family: 4, address: '127.0.0.1', port: 8080 },
};

function create(tracks: readonly Track[], running: readonly string[] = []) {
  const clock = new FakeClock();
  const events = new EventLog(clock);
  const host = new FakeTrackHost();
  running.forEach((name, index) => host.running.set(7 + index, { name }));
  const decisions = new Map<ServiceKey, Pick<ServingMemory, 'quorate' | 'untold'>>();
  let changes = 0;
  const side = new TrackSide({
    clock,
    events,
    host,
    services: () => ({ services: [shop], decisions }),
    onChange: () => {
      changes++;
    },
  });
  const follow = (next: readonly Track[]): void =>
    side.follow(haSettings([vrrpInstance({ name: 'vi' })], { tracks: next }));
  follow(tracks);
  const told = (): string[] =>
    events.since(0).events.map(({ type, instance, message }) => `${type} (${instance ?? ''}): ${message}`);
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) await clock.advanceAsync(1000);
  };
  return { clock, host, side, decisions, told, follow, pass, changes: () => changes };
}

describe('lookAtService', () => {
  const look = (decision?: Pick<ServingMemory, 'quorate' | 'untold'>, name = 'shop') =>
    lookAtService(name, {
      services: [shop],
      decisions: new Map(decision === undefined ? [] : [[shop.key, decision]]),
    }).state;

  it('is bad without a quorum, and only then', () => {
    assert.equal(look({ quorate: true }), 'good');
    assert.equal(look({ quorate: false }), 'bad');
  });

  it('has no news of one that was never decided upon, nor of one whose servers are new', () => {
    assert.equal(look(), 'unknown');
    assert.equal(look({ quorate: false, untold: true }), 'unknown');
    assert.equal(look({ quorate: true }, 'blog'), 'unknown');
  });
});

describe('what an instance depends on', () => {
  it('keeps it waiting, then is told with its weight, as an event and in the status', async () => {
    const { side, host, decisions, told, pass } = create([serviceTrack, processTrack, loadTrack], ['nginx']);
    assert.deepEqual(side.told, [{ instance: 'vi', faults: [], weight: 0, waits: true }]);
    decisions.set(shop.key, { quorate: true });
    await pass(2);
    assert.deepEqual(side.told, []);
    assert.deepEqual(
      side.status.map(({ kind, name, state, reason }) => `${kind} ${name} ${state}: ${reason}`),
      [
        'service shop good: it has its quorum',
        'process nginx good: pid 7',
        'host load good: 0.50 a processor, limit 4',
      ],
    );
    decisions.set(shop.key, { quorate: false });
    host.running.delete(7);
    host.load = 9;
    await pass(5);
    assert.deepEqual(side.told, [
      { instance: 'vi', faults: ['process nginx: no process has that name'], weight: -60, waits: false },
    ]);
    assert.deepEqual([...told()].sort(), [
      'track-failed (vi): vi: host load: 9.00 a processor, limit 4; its priority is lowered by 10',
      'track-failed (vi): vi: process nginx: no process has that name; the instance is in fault',
      'track-failed (vi): vi: service shop: it has lost its quorum; its priority is lowered by 50',
    ]);
  });

  it('is told to recover', async () => {
    const { side, host, told, pass } = create([processTrack]);
    await pass(1);
    assert.equal(side.told.length, 1);
    host.running.set(7, { name: 'nginx' });
    await pass(1);
    assert.deepEqual(side.told, []);
    assert.deepEqual(told(), [
      'track-failed (vi): vi: process nginx: no process has that name; the instance is in fault',
      'track-recovered (vi): vi: process nginx: pid 7',
    ]);
  });

  it('is heard of at once when it is a service', () => {
    const { side, decisions, changes } = create([serviceTrack]);
    decisions.set(shop.key, { quorate: true });
    side.servicesChanged();
    const before = changes();
    decisions.set(shop.key, { quorate: false });
    side.servicesChanged();
    assert.equal(changes(), before + 1);
    assert.deepEqual(side.told, [{ instance: 'vi', faults: [], weight: -50, waits: false }]);
    side.servicesChanged();
    assert.equal(changes(), before + 1, 'only when it is another state');
  });
});

describe('a tracked check', () => {
  it('is made by the health engine as the check of one server, and told by its verdict', () => {
    const { side, told } = create([checkTrack]);
    const [checked] = side.checked;
    assert.equal(checked?.key, checkedKey(checkTrack));
    assert.deepEqual(checked.checks, [checkTrack.check]);
    assert.deepEqual(
      checked.servers.map(({ name, address, port }) => ({ name, address, port })),
      [{ name: 'tomcat', address: '127.0.0.1', port: 8080 }],
    );
    const hear = (state: 'up' | 'down' | 'unknown', reason: string): boolean =>
      side.verdict(checked.key, { state, reason });
    assert.equal(hear('unknown', 'failed 1 of 3: ECONNREFUSED'), true);
    assert.deepEqual(side.told, [{ instance: 'vi', faults: [], weight: 0, waits: true }]);
    hear('down', 'connect 127.0.0.1:8080: ECONNREFUSED');
    assert.deepEqual(side.told[0]?.faults, ['check tomcat: connect 127.0.0.1:8080: ECONNREFUSED']);
    hear('unknown', 'no result for 9.0s: its probe does not end');
    assert.equal(side.told.length, 1, 'what is not known any more counts as what it was');
    assert.equal(side.status[0]?.state, 'unknown');
    hear('up', 'connected');
    assert.deepEqual(side.told, []);
    assert.equal(told().length, 2);
  });

  it('is none of a service, whose verdicts are the reconciler’s', () => {
    const { side } = create([checkTrack]);
    assert.equal(side.verdict(shop.key, { state: 'down', reason: 'ECONNREFUSED' }), false);
    assert.equal(side.status[0]?.state, 'unknown');
  });

  it('that comes to no result keeps its instance waiting for as long as it could fail', () => {
    const slow = { ...checkTrack, check: tcpCheck({ timeoutMs: 10_000, fall: 3 }) };
    const { side, clock } = create([slow]);
    clock.advance(firstVerdictMs(slow) - 1);
    assert.equal(side.told[0]?.waits, true);
    clock.advance(1);
    assert.deepEqual(side.told, []);
  });

  it('asks nobody where it needs nobody', () => {
    const { side } = create([{ ...checkTrack, target: null }]);
    assert.deepEqual(
      side.checked[0]?.servers.map(({ address, port }) => ({ address, port })),
      [{ address: '', port: 0 }],
    );
  });
});

describe('a reload', () => {
  it('keeps what is known, and begins to watch what is new', async () => {
    const { side, host, follow, told, pass } = create([processTrack]);
    await pass(1);
    const [before] = side.status;
    host.running.set(9, { name: 'haproxy' });
    follow([
      { ...processTrack, weight: -5 },
      { ...processTrack, name: 'haproxy' },
    ]);
    await settle();
    assert.equal(side.status[0]?.sinceMs, before?.sinceMs);
    assert.deepEqual(side.told, [{ instance: 'vi', faults: [], weight: -5, waits: false }]);
    assert.equal(side.status[1]?.reason, 'pid 9');
    assert.equal(told().length, 1);
  });

  it('that leaves nothing to watch leaves no timer', async () => {
    const { clock, side, follow, pass } = create([processTrack, loadTrack, serviceTrack, checkTrack]);
    await pass(3);
    follow([]);
    assert.equal(clock.pending, 0);
    assert.deepEqual([side.told, side.status, side.checked], [[], [], []]);
  });
});

describe('the end', () => {
  it('leaves no timer, and nothing is heard of afterwards', async () => {
    const { clock, side, host, follow, told, pass } = create([processTrack, loadTrack, checkTrack]);
    await pass(1);
    const before = told().length;
    side.close();
    assert.equal(clock.pending, 0);
    host.running.set(7, { name: 'nginx' });
    side.verdict(checkedKey(checkTrack), { state: 'down', reason: 'ended' });
    follow([processTrack]);
    await pass(10);
    assert.equal(told().length, before);
    assert.equal(clock.pending, 0);
  });
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FIRST_HELLO_MS } from '../../../src/ha/heartbeat-line.js';
import type { VrrpInstance } from '../../../src/model/vrrp-instance.js';
import { addressOn, HeartbeatWires, LineHost } from '../../support/heartbeat-wires.js';

/** Three intervals and the skew of priority 100. */
const PATIENCE_MS = 361;

let wires: HeartbeatWires;

function host(number: number, own: Partial<VrrpInstance> = {}): LineHost {
  const heartbeat = ['eth1', 'eth2'].map((name) => ({ interface: name, peer: addressOn(name, 3 - number) }));
  const created = new LineHost(wires, number, { heartbeat, ...own });
  created.start();
  return created;
}

/** The first is active, and both have heard one another for a while. */
function pair(): { readonly active: LineHost; readonly backup: LineHost } {
  const [active, backup] = [host(1, { priority: 150 }), host(2)];
  active.state = 'active';
  live(active, backup, 2000);
  for (const { changes } of [active, backup]) changes.length = 0;
  return { active, backup };
}

/** Time goes by; the active one advertises, and the other one hears it unless the own segment is cut. */
function live(active: LineHost, backup: LineHost, byMs: number): void {
  for (let leftMs = byMs; leftMs > 0; leftMs -= 100) {
    active.lines.say(active.priority);
    if (!wires.cut.has('eth0')) backup.lines.noteAdvertisement(active.priority, 100, '10.0.0.1');
    wires.clock.advance(100);
  }
}

describe('HeartbeatLines', () => {
  beforeEach(() => {
    wires = new HeartbeatWires();
  });

  it('tells what it is every interval, in every state, from the address beside the other one', () => {
    const first = host(1);
    wires.log.length = 0;
    for (const state of ['initialize', 'backup', 'fault', 'active'] as const) {
      first.state = state;
      wires.clock.advance(100);
    }
    assert.deepEqual(
      wires.log.filter((line) => line.startsWith('eth1')),
      ['initialize', 'backup', 'fault', 'active'].map((state) => `eth1 10.1.0.1 10.1.0.2 ${state} 100`),
    );
    assert.equal(wires.log.length, 8);
  });

  it('tells it with each advertisement, and not between them', () => {
    const first = host(1);
    first.state = 'active';
    wires.log.length = 0;
    for (let count = 0; count < 5; count++) {
      first.lines.say(100);
      wires.clock.advance(100 - 1e-6);
    }
    assert.equal(wires.log.length, 10);
  });

  it('is of unknown lines until the other one is heard, and says nothing of the first time', () => {
    const first = host(1);
    assert.deepEqual(first.states, ['eth1 10.1.0.2 unknown', 'eth2 10.2.0.2 unknown']);
    wires.clock.advance(FIRST_HELLO_MS - 1);
    assert.deepEqual(first.story, []);
    host(2);
    assert.deepEqual(first.states.slice(0, 2), ['eth1 10.1.0.2 heard', 'eth2 10.2.0.2 heard']);
    assert.deepEqual(
      first.changes.map(({ from }) => from),
      ['unknown', 'unknown'],
    );
  });

  it('tells that nobody was ever heard, once, when there was time to start', () => {
    const first = host(1);
    wires.clock.advance(FIRST_HELLO_MS + 10_000);
    assert.deepEqual(first.story, ['eth1 10.1.0.2 silent', 'eth2 10.2.0.2 silent']);
    assert.match(first.changes[0]!.reason, /was not heard there yet/);
  });

  it('tells at both ends that one line is cut, and that it is heard again, each once', () => {
    const { active, backup } = pair();
    wires.cut.add('eth1');
    // two of the three intervals: the last hello came an interval ago
    live(active, backup, 200);
    assert.deepEqual([...active.story, ...backup.story], []);
    live(active, backup, 1000);
    assert.deepEqual([active.story, backup.story], [['eth1 10.1.0.2 silent'], ['eth1 10.1.0.1 silent']]);
    assert.match(backup.changes[0]!.reason, /^10\.1\.0\.1 was not heard there for 3\d\d ms$/);
    assert.equal(backup.lines.anyLineSilent(), true);
    backup.active.length = 0;
    live(active, backup, 100);
    assert.deepEqual(backup.active, ['10.0.0.1 150 100'], 'the other line still tells that it is active');
    wires.cut.clear();
    live(active, backup, 200);
    assert.deepEqual(active.story.slice(1), ['eth1 10.1.0.2 heard']);
    assert.deepEqual(backup.story.slice(1), ['eth1 10.1.0.1 heard']);
    assert.equal(backup.lines.anyLineSilent(), false);
  });

  it('tells at both ends that the own line is cut while a heartbeat line is heard', () => {
    const { active, backup } = pair();
    assert.deepEqual(backup.states.slice(2), ['eth0 10.0.0.1 heard']);
    assert.deepEqual(active.states.slice(2), ['eth0 10.0.0.2 heard']);
    wires.cut.add('eth0');
    live(active, backup, 600);
    assert.deepEqual([active.story, backup.story], [['eth0 10.0.0.2 silent'], ['eth0 10.0.0.1 silent']]);
    assert.match(backup.changes[0]!.reason, /^10\.0\.0\.1 is active, and was not heard there for \d+ ms$/);
    assert.match(active.changes[0]!.reason, /^10\.0\.0\.2 does not hear this director there$/);
    assert.equal(backup.lines.anyLineSilent(), true);
    wires.cut.clear();
    live(active, backup, 300);
    assert.deepEqual(active.story.slice(1), ['eth0 10.0.0.2 heard']);
    assert.deepEqual(backup.story.slice(1), ['eth0 10.0.0.1 heard']);
  });

  it('does not say of an active director that it is heard where nobody tells it any more', () => {
    const { active, backup } = pair();
    wires.cut.add('eth1');
    live(active, backup, 1000);
    assert.deepEqual(active.states.slice(1), ['eth2 10.2.0.2 heard', 'eth0 10.0.0.2 heard']);
    wires.cut.add('eth2');
    live(active, backup, 1000);
    assert.deepEqual(active.states.slice(1), ['eth2 10.2.0.2 silent', 'eth0 10.0.0.2 unknown']);
    wires.cut.delete('eth2');
    live(active, backup, 300);
    assert.deepEqual(active.states.slice(1), ['eth2 10.2.0.2 heard', 'eth0 10.0.0.2 heard']);
  });

  it('misses no advertisements of one that is not active any more', () => {
    const { active, backup } = pair();
    active.lines.say(0);
    active.state = 'backup';
    active.lines.say(null);
    // one that overtook the hello
    backup.lines.noteAdvertisement(150, 100, '10.0.0.1');
    wires.clock.advance(5000);
    assert.deepEqual(backup.story, []);
    assert.equal(backup.lines.anyLineSilent(), false);
  });

  it('hands on hellos of active directors as advertisements from their own line, and no others', () => {
    const { active, backup } = pair();
    backup.active.length = 0;
    active.priority = 77;
    active.lines.say(77);
    active.lines.say(0);
    active.state = 'fault';
    active.lines.say(null);
    assert.deepEqual(backup.active, [
      ...Array.from({ length: 2 }, () => '10.0.0.1 77 100'),
      ...Array.from({ length: 2 }, () => '10.0.0.1 0 100'),
    ]);
    assert.deepEqual(active.active, []);
  });

  it('says that it ends, which leaves a silent line and none that is broken', () => {
    const { active, backup } = pair();
    active.lines.say(0);
    active.state = 'initialize';
    backup.active.length = 0;
    active.lines.close();
    assert.deepEqual(backup.active, []);
    assert.deepEqual(backup.story, ['eth1 10.1.0.1 silent', 'eth2 10.2.0.1 silent']);
    assert.match(backup.changes[0]!.reason, /has left/);
    wires.clock.advance(3000);
    assert.equal(backup.lines.anyLineSilent(), false);
    assert.equal(wires.taps.size, 2);
  });

  it('takes a backup that ends for no active one that leaves', () => {
    const { active, backup } = pair();
    backup.lines.close();
    assert.deepEqual(active.active, []);
    assert.deepEqual(active.story, ['eth1 10.1.0.2 silent', 'eth2 10.2.0.2 silent']);
  });

  it('doubts a line before it is told to be silent, for both waits end at one moment', () => {
    const { active, backup } = pair();
    assert.equal(backup.lines.anyLineSilent(), false);
    for (const name of ['eth0', 'eth1', 'eth2']) wires.cut.add(name);
    wires.clock.advance(PATIENCE_MS - 110);
    assert.deepEqual(backup.story, []);
    assert.equal(backup.lines.anyLineSilent(), true);
    wires.clock.advance(200);
    assert.deepEqual(backup.story.toSorted(), [
      'eth0 10.0.0.1 silent',
      'eth1 10.1.0.1 silent',
      'eth2 10.2.0.1 silent',
    ]);
    assert.equal(active.story.length, 2);
  });

  it('tells why it cannot speak, and speaks again by itself', () => {
    const { active, backup } = pair();
    backup.links.set('eth1', { index: 2, up: true, carrier: false });
    backup.start();
    assert.deepEqual(backup.story, ['eth1 10.1.0.1 silent']);
    assert.match(backup.changes[0]!.reason, /^interface eth1 is without carrier$/);
    live(active, backup, 500);
    assert.deepEqual(active.story, ['eth1 10.1.0.2 silent']);
    backup.links.delete('eth1');
    backup.start();
    backup.links.set('eth1', { index: 2, up: true, carrier: true });
    backup.start();
    live(active, backup, 200);
    assert.deepEqual(backup.story, ['eth1 10.1.0.1 silent', 'eth1 10.1.0.1 heard']);
    assert.deepEqual(active.story, ['eth1 10.1.0.2 silent', 'eth1 10.1.0.2 heard']);
  });

  it('tries again to open a socket that could not be', () => {
    const created = new LineHost(wires, 1, { heartbeat: [{ interface: 'eth1', peer: '10.1.0.2' }] });
    created.openFails = true;
    created.start();
    assert.match(created.changes[0]!.reason, /^cannot speak by eth1: EPERM$/);
    created.openFails = false;
    wires.clock.advance(1500);
    assert.ok(wires.log.length > 0);
  });

  it('goes by the interval of the other one', () => {
    const [slow, quick] = [host(1, { advertiseMs: 1000 }), host(2, { advertiseMs: 100 })];
    wires.clock.advance(6000);
    slow.changes.length = quick.changes.length = 0;
    wires.clock.advance(3000);
    assert.deepEqual([...slow.story, ...quick.story], []);
    wires.cut.add('eth1');
    wires.clock.advance(500);
    assert.deepEqual([slow.story, quick.story], [['eth1 10.1.0.2 silent'], []]);
    wires.clock.advance(3200);
    assert.deepEqual(quick.story, ['eth1 10.1.0.1 silent']);
  });

  it('lets its instance look at the time before it says anything', () => {
    const { active } = pair();
    active.onWake = () => (active.state = 'backup');
    wires.log.length = 0;
    wires.clock.stall(10_000);
    wires.clock.advance(0);
    assert.ok(wires.log.filter((line) => line.includes('10.1.0.1 ')).length > 0);
    assert.deepEqual(
      wires.log.filter((line) => line.includes(' active ')),
      [],
    );
  });

  it('keeps lines that a new configuration has, too, and closes the others', () => {
    const { active, backup } = pair();
    backup.lines.reconfigure({ ...backup.config, heartbeat: backup.config.heartbeat.slice(0, 1) });
    assert.deepEqual(backup.states, ['eth1 10.1.0.1 heard', 'eth0 10.0.0.1 heard']);
    live(active, backup, 1000);
    assert.deepEqual(backup.story, []);
    assert.deepEqual(active.story, ['eth2 10.2.0.2 silent']);
    backup.lines.reconfigure({ ...backup.config, heartbeat: [] });
    assert.deepEqual(backup.states, []);
    assert.equal(wires.taps.size, 2);
  });

  it('sets no timer without a line, and tells of the own line what was heard on it', () => {
    const alone = new LineHost(wires, 1, { heartbeat: [] });
    alone.start();
    assert.equal(wires.clock.pending, 0);
    assert.equal(alone.lines.anyLineSilent(), true);
    alone.lines.noteAdvertisement(150, 100, '10.0.0.2');
    assert.equal(alone.lines.anyLineSilent(), false);
    wires.clock.advance(201);
    assert.equal(alone.lines.anyLineSilent(), true);
    alone.lines.noteAdvertisement(0, 100, '10.0.0.2');
    wires.clock.advance(1000);
    assert.equal(alone.lines.anyLineSilent(), false);
  });

  it('counts what it says and hears, and leaves no timer behind', () => {
    const { active, backup } = pair();
    const counters = backup.lines.counters();
    assert.ok(counters['hellos-sent']! > 20 && counters['hellos-received']! > 20);
    backup.lines.close();
    active.lines.close();
    backup.lines.close();
    assert.equal(wires.clock.pending, 0);
  });
});
